"""PasswordHistorySize: a password that was used is not used again, whoever sets it."""

from __future__ import annotations

from tests.support.house import TestHouse
from tests.support.signing_in import PASSWORD, refused, scene_of

USED = ("PasswordHistoryPolicyViolationException", "Password has previously been used")


def test_the_last_passwords_are_remembered_on_every_path(house: TestHouse) -> None:
    """AUT-22"""
    policy = {"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 3}}
    scene = scene_of(house, Policies=policy, AutoVerifiedAttributes=["email"])
    scene.user("ann", email="ann@example.com", email_verified="true")
    idp, public = scene.idp, scene.public
    access = scene.tokens("ann")["AccessToken"]

    def change(old: str, new: str) -> None:
        public.change_password(AccessToken=access, PreviousPassword=old, ProposedPassword=new)

    def put(new: str) -> None:
        idp.admin_set_user_password(
            UserPoolId=scene.pool, Username="ann", Password=new, Permanent=True
        )

    def forget(new: str) -> None:
        public.confirm_forgot_password(
            ClientId=scene.open, Username="ann", ConfirmationCode=scene.mailed(), Password=new
        )

    change(PASSWORD, "Number-2-Horse")
    put("Number-3-Horse")
    public.forgot_password(ClientId=scene.open, Username="ann")
    for used in (PASSWORD, "Number-2-Horse", "Number-3-Horse"):
        assert refused(change, "Number-3-Horse", used) == USED
        assert refused(put, used) == USED
        assert refused(forget, used) == USED
    forget("Number-4-Horse")
    # Three are remembered, the present one included; the first may come back.
    put(PASSWORD)
    assert scene.tokens("ann")


def test_without_a_history_nothing_is_remembered(house: TestHouse) -> None:
    scene = scene_of(house)
    scene.user("ann")
    scene.idp.admin_set_user_password(
        UserPoolId=scene.pool, Username="ann", Password=PASSWORD, Permanent=True
    )
    assert scene.tokens("ann")
