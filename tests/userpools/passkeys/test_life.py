"""A passkey's life: registered, listed, used, deleted."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, delete

from poolhouse.kernel.unit import Unit
from poolhouse.userpools.passwords.rows import passwords
from tests.support.authenticator import RS256, Authenticator, unb64
from tests.support.house import TestHouse, furnished, settings_for
from tests.support.signing_in import Scene, claims, refused
from tests.userpools.passkeys.scene import FIRST, ORIGIN, PARTY, WRONG, Keyring, options_of


@pytest.fixture
def ring(house: TestHouse) -> Keyring:
    return Keyring(house)


def test_a_passkey_is_registered_and_signs_in(ring: Keyring) -> None:
    token = ring.token()
    sub = claims(token)["sub"]
    options = ring.start(token)
    challenge, user = unb64(options.pop("challenge")), options.pop("user")
    assert len(challenge) == 32
    assert unb64(user["id"]).decode() == sub
    assert (user["name"], user["displayName"]) == ("ann", "ann")
    assert options == {
        "rp": {"id": PARTY, "name": PARTY},
        "pubKeyCredParams": [
            {"type": "public-key", "alg": -7},
            {"type": "public-key", "alg": -257},
        ],
        "timeout": 60000,
        "excludeCredentials": [],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "preferred",
        },
    }
    phone = ring.enrol(token=token)
    (key,) = phone.keys.values()
    asked = ring.ask()
    assert asked["AvailableChallenges"] == ["WEB_AUTHN"]
    options = options_of(asked)
    assert len(unb64(options.pop("challenge"))) == 32
    assert options == {
        "timeout": 60000,
        "rpId": PARTY,
        "allowCredentials": [{"type": "public-key", "id": key.name, "transports": ["internal"]}],
        "userVerification": "preferred",
    }
    answer = ring.answer(asked, phone.get(options_of(asked)))
    found = claims(answer["AuthenticationResult"]["AccessToken"])
    assert found["sub"] == sub
    (row,) = ring.kept(sub)
    assert (row.sign_count, row.rp_id, row.user_verified) == (2, PARTY, True)
    assert row.last_used_at is not None


@pytest.mark.parametrize("way", ["choice", "by name", "admin"])
def test_a_passkey_is_chosen_in_each_of_its_ways(ring: Keyring, way: str) -> None:
    phone = ring.enrol()
    asked = ring.scene.begin("USER_AUTH", ring.app, USERNAME="ann")
    assert "WEB_AUTHN" in asked["AvailableChallenges"]
    if way == "by name":
        asked = ring.scene.reply({**asked, "ChallengeName": "WEB_AUTHN"}, ring.app, USERNAME="ann")
    else:
        asked = ring.scene.reply(asked, ring.app, USERNAME="ann", ANSWER="WEB_AUTHN")
    credential = phone.get(options_of(asked))
    if way != "admin":
        assert ring.answer(asked, credential)["AuthenticationResult"]
        return
    answer = ring.idp.admin_respond_to_auth_challenge(
        UserPoolId=ring.pool,
        ClientId=ring.app,
        ChallengeName="WEB_AUTHN",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": "ann", "CREDENTIAL": credential},
    )
    assert answer["AuthenticationResult"]


def test_an_answer_without_a_credential_is_told_so_and_may_be_given_again(ring: Keyring) -> None:
    phone = ring.enrol()
    asked = ring.ask()
    empty: list[dict[str, str]] = [{}, {"CREDENTIAL": ""}]
    for nothing in empty:
        told = refused(ring.scene.reply, asked, ring.app, USERNAME="ann", **nothing)
        assert told == ("InvalidParameterException", "Missing required parameter CREDENTIAL")
    assert ring.answer(asked, phone.get(options_of(asked)))["AuthenticationResult"]


def test_a_key_of_rsa_does_as_well(ring: Keyring) -> None:
    phone = ring.enrol(Authenticator(ORIGIN, algorithm=RS256))
    assert ring.sign_in(phone)["AuthenticationResult"]


def test_passkeys_are_listed_by_page_with_what_is_known_of_them(ring: Keyring) -> None:
    token = ring.token()
    assert ring.listed(token) == []
    cloud = bytes.fromhex("fbfc3007154e4ecc8c0b6e020557d7bd")
    ring.enrol(Authenticator(ORIGIN, aaguid=cloud, synced=True), token=token)
    ring.house.clock.step(1)
    ring.enrol(Authenticator(ORIGIN, "cross-platform", ("usb", "nfc")), token=token)
    ring.house.clock.step(1)
    ring.enrol(Authenticator(ORIGIN, None, ()), token=token)
    found = ring.listed(token)
    assert [one["FriendlyCredentialName"] for one in found] == [
        "iCloud Keychain",
        "Roaming passkey",
        "Roaming passkey",
    ]
    assert [one.get("AuthenticatorAttachment") for one in found] == [
        "platform",
        "cross-platform",
        None,
    ]
    assert [one["AuthenticatorTransports"] for one in found] == [["internal"], ["nfc", "usb"], []]
    assert {one["RelyingPartyId"] for one in found} == {PARTY}
    seen: list[dict[str, Any]] = []
    more: dict[str, Any] = {}
    while True:
        part = ring.public.list_web_authn_credentials(AccessToken=token, MaxResults=1, **more)
        seen += part["Credentials"]
        if "NextToken" not in part:
            break
        more = {"NextToken": part["NextToken"]}
    assert seen == found
    bad = {"AccessToken": token, "NextToken": "bm9uZQ"}
    assert refused(ring.public.list_web_authn_credentials, **bad)[0] == "InvalidParameterException"


def test_what_is_registered_is_excluded_from_the_next_registration(ring: Keyring) -> None:
    token = ring.token()
    phone = ring.enrol(token=token)
    listed = ring.start(token)["excludeCredentials"]
    assert listed == [{"type": "public-key", "id": next(iter(phone.keys))}]


def test_a_deleted_passkey_signs_nobody_in(ring: Keyring) -> None:
    """WAN-12: from that moment on, also where the challenge was posed before."""
    token = ring.token()
    phone = ring.enrol(token=token)
    (name,) = phone.keys
    asked = ring.ask()
    ring.public.delete_web_authn_credential(AccessToken=token, CredentialId=name)
    assert ring.listed(token) == []
    assert refused(ring.answer, asked, phone.get(options_of(asked))) == WRONG
    assert ring.ask()["ChallengeName"] == "SELECT_CHALLENGE"
    gone = {"AccessToken": token, "CredentialId": name}
    assert refused(ring.public.delete_web_authn_credential, **gone)[0] == (
        "ResourceNotFoundException"
    )


def test_nobody_deletes_the_passkey_of_another(ring: Keyring) -> None:
    """WAN-03"""
    phone = ring.enrol()
    ring.scene.user("bob")
    given = {"AccessToken": ring.token("bob"), "CredentialId": next(iter(phone.keys))}
    assert refused(ring.public.delete_web_authn_credential, **given)[0] == (
        "ResourceNotFoundException"
    )
    assert ring.sign_in(phone)["AuthenticationResult"]


def test_the_only_way_to_sign_in_is_not_deleted(house: TestHouse) -> None:
    """WAN-12: a user without a password or an address keeps the last passkey, and may delete all
    but it."""
    ring = Keyring(house)
    token, other = ring.token(), ring.token()
    ring.idp.admin_delete_user_attributes(
        UserPoolId=ring.pool, Username="ann", UserAttributeNames=["email"]
    )
    first, second = ring.enrol(token=token), ring.enrol(token=token)
    drop_password(ring)
    ring.public.delete_web_authn_credential(AccessToken=other, CredentialId=next(iter(first.keys)))
    last = {"AccessToken": other, "CredentialId": next(iter(second.keys))}
    error, message = refused(ring.public.delete_web_authn_credential, **last)
    assert (error, "only way" in message) == ("InvalidParameterException", True)
    assert ring.sign_in(second)["AuthenticationResult"]
    ring.idp.admin_set_user_password(
        UserPoolId=ring.pool, Username="ann", Password="Battery-Staple-2!", Permanent=True
    )
    ring.public.delete_web_authn_credential(**last)


def drop_password(ring: Keyring) -> None:
    """As for a user who signed up without one."""
    with Unit(ring.house.services.database) as unit:
        unit.write(delete(passwords).where(passwords.c.pool_id == bindparam("of")), of=ring.pool)


def test_a_user_who_is_deleted_takes_the_passkeys_along(ring: Keyring) -> None:
    """CGN-22: another user of the name does not inherit them."""
    phone = ring.enrol()
    token = ring.token()
    ring.start(token)
    sub = claims(token)["sub"]
    asked = ring.ask()
    ring.public.delete_user(AccessToken=token)
    assert ring.kept(sub) == [] and ring.begun() == 0
    ring.scene.user("ann")
    assert refused(ring.answer, asked, phone.get(options_of(asked)))[0] == (
        "NotAuthorizedException"
    )
    assert ring.ask()["ChallengeName"] == "SELECT_CHALLENGE"


@pytest.mark.parametrize("state", ["disabled", "reset", "temporary", "deleted"])
def test_no_state_of_a_user_is_got_round_by_a_passkey(ring: Keyring, state: str) -> None:
    """AUT-06: the gate is at the issue of tokens, whatever the state was when it began."""
    phone = ring.enrol()
    asked = ring.ask()
    who = {"UserPoolId": ring.pool, "Username": "ann"}
    if state == "disabled":
        ring.idp.admin_disable_user(**who)
    elif state == "reset":
        ring.idp.admin_reset_user_password(**who)
    elif state == "temporary":
        ring.idp.admin_set_user_password(**who, Password="Temporary-1!", Permanent=False)
    else:
        ring.idp.admin_delete_user(**who)
    error, _ = refused(ring.answer, asked, phone.get(options_of(asked)))
    assert error == {"reset": "PasswordResetRequiredException"}.get(state, "NotAuthorizedException")


def test_an_owner_with_a_passkey_gets_in_while_the_password_is_locked(ring: Keyring) -> None:
    """AUT-04: guessing at the password, or at the passkey, keeps no owner out."""
    phone = ring.enrol()
    for _ in range(12):
        refused(ring.scene.sign_in, "ann", "Wrong-Horse-1!", ring.app)
        asked = ring.ask()
        forged = phone.get(options_of(asked), signature=b"\x30\x06\x02\x01\x01\x02\x01\x01")
        assert refused(ring.answer, asked, forged) == WRONG
    assert refused(ring.scene.sign_in, "ann", client=ring.app) == (
        "NotAuthorizedException",
        "Password attempts exceeded",
    )
    assert ring.sign_in(phone)["AuthenticationResult"]


def test_the_factors_of_a_user_name_the_passkey(ring: Keyring) -> None:
    token = ring.token()
    who = {"UserPoolId": ring.pool, "Username": "ann"}

    def named() -> list[list[str]]:
        return [
            ring.public.get_user_auth_factors(AccessToken=token)["ConfiguredUserAuthFactors"],
            ring.idp.admin_get_user_auth_factors(**who)["ConfiguredUserAuthFactors"],
        ]

    assert named() == [["PASSWORD", "EMAIL_OTP"]] * 2
    ring.enrol(token=token)
    assert named() == [["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]] * 2


@pytest.mark.parametrize("notices", [True, False])
def test_users_are_told_of_passkeys_where_the_operator_wants_it(
    tmp_path: Path, sqlite_template: Path, notices: bool
) -> None:
    """WAN-08: of a new one, and of one that has gone. Cognito tells nobody."""
    shutil.copy(sqlite_template, tmp_path / "poolhouse.db")
    with furnished(settings_for(tmp_path, notices=notices)) as house:
        ring = Keyring(house)
        token = ring.token()
        phone = ring.enrol(token=token)
        assert ring.scene.letters() == notices
        ring.public.delete_web_authn_credential(
            AccessToken=token, CredentialId=next(iter(phone.keys))
        )
        assert ring.scene.letters() == 2 * notices


def test_where_names_are_addresses_the_browser_shows_the_address(house: TestHouse) -> None:
    idp = house.client("cognito-idp")
    pool = idp.create_user_pool(
        PoolName="by mail",
        UsernameAttributes=["email"],
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": FIRST}},
    )["UserPool"]["Id"]
    client = idp.create_user_pool_client(
        UserPoolId=pool, ClientName="app", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    scene = Scene(house, idp, house.unsigned("cognito-idp"), pool, client, "", "", "")
    scene.user("ann@example.com", email="ann@example.com")
    token = scene.tokens("ann@example.com")["AccessToken"]
    begun = scene.public.start_web_authn_registration(AccessToken=token)
    options = begun["CredentialCreationOptions"]
    assert options["user"]["name"] == "ann@example.com"
    assert options["rp"]["id"] == "localhost"  # nothing is configured, and nothing is public
