"""Users are told of changes that somebody else may have made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from poolhouse.contract import cognito_idp as idp
from tests.support.house import TestHouse, furnished, settings_for
from tests.userpools.codes.scene import OTHER, PASSWORD, Scene
from tests.userpools.users.pool import given


@pytest.fixture
def talkative(tmp_path: Path, sqlite_template: Path) -> Iterator[TestHouse]:
    shutil.copy(sqlite_template, tmp_path / "poolhouse.db")
    with furnished(settings_for(tmp_path, notices=True)) as made:
        yield made


def notices(scene: Scene) -> list[tuple[str, str]]:
    return sorted(
        (each.letter.recipient, each.letter.subject)
        for each in scene.letters()
        if each.message.kind == "notice"
    )


def change_password(scene: Scene) -> None:
    scene.public.change_password(
        AccessToken=scene.token("ann"), PreviousPassword=PASSWORD, ProposedPassword=OTHER
    )


def test_a_changed_password_is_told_to_the_user(talkative: TestHouse) -> None:
    """AUT-25"""
    scene = Scene(talkative)
    scene.reader("ann")
    change_password(scene)
    assert notices(scene) == [("ann@example.com", "Your password was changed")]
    (opened,) = scene.letters()
    assert "your account ann." in opened.letter.text
    assert "://" not in opened.letter.text + opened.letter.html


def test_a_password_set_with_a_code_is_told_to_the_user(talkative: TestHouse) -> None:
    """AUT-25"""
    scene = Scene(talkative)
    scene.reader("ann")
    scene.public.forgot_password(ClientId=scene.plain.id, Username="ann")
    scene.public.confirm_forgot_password(
        ClientId=scene.plain.id, Username="ann", ConfirmationCode=scene.code(), Password=OTHER
    )
    assert notices(scene) == [("ann@example.com", "Your password was changed")]


def test_a_new_address_is_told_to_the_old_one_when_it_counts(talkative: TestHouse) -> None:
    """AUT-25, CGN-05"""
    keeping = idp.UserAttributeUpdateSettingsType(
        attributes_require_verification_before_update=["email"]
    )
    scene = Scene(talkative, user_attribute_update_settings=keeping)
    scene.reader("ann")
    token = scene.token("ann")
    scene.public.update_user_attributes(
        AccessToken=token, UserAttributes=given(email="new@example.com")
    )
    assert notices(scene) == [], "the old address still counts"
    scene.public.verify_user_attribute(AccessToken=token, AttributeName="email", Code=scene.code())
    said = "Your e-mail address was changed"
    assert notices(scene) == [("ann@example.com", said), ("new@example.com", said)]


def test_an_address_that_changes_or_goes_at_once_is_told_to_the_old_one(
    talkative: TestHouse,
) -> None:
    """AUT-25"""
    scene = Scene(talkative)
    for name in ("ann", "bob"):
        scene.reader(name, phone_number="+12065550100")
    public = scene.public
    public.update_user_attributes(
        AccessToken=scene.token("ann"), UserAttributes=given(email="new@example.com")
    )
    said = "Your e-mail address was changed"
    assert notices(scene) == [("ann@example.com", said)], "the new one is not verified yet"
    public.update_user_attributes(
        AccessToken=scene.token("ann"), UserAttributes=given(email="newer@example.com")
    )
    assert len(notices(scene)) == 1, "an address that nobody proved gets no notices"
    token = scene.token("bob")
    public.update_user_attributes(
        AccessToken=token, UserAttributes=given(phone_number="+12065550101")
    )
    public.delete_user_attributes(AccessToken=token, UserAttributeNames=["email"])
    assert notices(scene)[1:] == [
        ("bob@example.com", said),
        ("bob@example.com", "Your phone number was changed"),
    ]


def test_nobody_is_told_unless_the_operator_wants_it(sqlite_house: TestHouse) -> None:
    scene = Scene(sqlite_house)
    scene.reader("ann")
    change_password(scene)
    assert scene.letters() == []
