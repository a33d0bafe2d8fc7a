"""Which devices may stand for a second factor: none that the password alone once made known."""

from __future__ import annotations

from tests.support.house import TestHouse
from tests.support.signing_in import PASSWORD, Scene
from tests.userpools.devices.scene import SRP, TOKEN, Person, tracking


def enable(scene: Scene, person: Person, access_token: str) -> None:
    """A software token, set up and preferred by whoever bears the token."""
    given = {"AccessToken": access_token}
    person.secret = scene.public.associate_software_token(**given)["SecretCode"]
    scene.public.verify_software_token(**given, UserCode=person.code())
    chosen = {"Enabled": True, "PreferredMfa": True}
    scene.public.set_user_mfa_preference(**given, SoftwareTokenMfaSettings=chosen)


def test_the_device_of_the_session_that_sets_a_factor_up_stands_for_it_and_no_other(
    house: TestHouse,
) -> None:
    """CGN-20: as clients do it; and whoever signed in before, with the password alone, does not
    skip the factor that came later."""
    scene = tracking(house, "OPTIONAL")
    ann = Person(scene, "ann")
    before = ann.confirm(ann.begin()["AuthenticationResult"])
    tokens = ann.begin()["AuthenticationResult"]
    own = ann.confirm(tokens)
    stale = ann.begin()["AuthenticationResult"]
    enable(scene, ann, tokens["AccessToken"])
    assert ann.begin(own)["ChallengeName"] == SRP
    assert ann.begin(before)["ChallengeName"] == TOKEN
    scene.house.clock.step(16 * 60)
    late = ann.confirm(stale)
    password = {"USERNAME": "ann", "PASSWORD": PASSWORD, "DEVICE_KEY": late.key}
    assert scene.begin("USER_PASSWORD_AUTH", **password)["ChallengeName"] == TOKEN


def test_a_device_that_was_not_there_shows_the_code_once(house: TestHouse) -> None:
    """CGN-20, AUT-10: shown beside the code, a device of before the factor is trusted again."""
    scene = tracking(house, "OPTIONAL")
    ann = Person(scene, "ann")
    before = ann.confirm(ann.begin()["AuthenticationResult"])
    enable(scene, ann, ann.begin()["AuthenticationResult"]["AccessToken"])
    posed = ann.begin(before)
    assert posed["ChallengeName"] == TOKEN
    ann.prove(before, ann.show_code(posed))
    assert ann.begin(before)["ChallengeName"] == SRP


def test_a_device_may_be_confirmed_after_the_factor_was_set_up(house: TestHouse) -> None:
    scene = tracking(house, "OPTIONAL")
    ann = Person(scene, "ann")
    tokens = ann.begin()["AuthenticationResult"]
    enable(scene, ann, tokens["AccessToken"])
    assert ann.begin(ann.confirm(tokens))["ChallengeName"] == SRP


def test_a_device_spares_nobody_from_setting_a_factor_up(house: TestHouse) -> None:
    """AUT-09"""
    scene = tracking(house, "OPTIONAL")
    ann = Person(scene, "ann")
    device = ann.confirm(ann.begin()["AuthenticationResult"])
    scene.idp.set_user_pool_mfa_config(
        UserPoolId=scene.pool,
        MfaConfiguration="ON",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    assert ann.begin(device)["ChallengeName"] == "MFA_SETUP"
