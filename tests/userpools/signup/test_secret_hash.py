"""Everything that is done for a user without a token proves the client's secret."""

from __future__ import annotations

from typing import Any

from tests.support.house import TestHouse
from tests.userpools.codes.scene import OTHER, PASSWORD, Scene, refusal, secret_hash
from tests.userpools.users.pool import given


def asks(scene: Scene) -> list[tuple[Any, dict[str, Any]]]:
    public = scene.public
    return [
        (
            public.sign_up,
            {"Password": PASSWORD, "UserAttributes": given(email="new@example.com")},
        ),
        (public.confirm_sign_up, {"ConfirmationCode": "123456"}),
        (public.resend_confirmation_code, {}),
        (public.forgot_password, {}),
        (public.confirm_forgot_password, {"ConfirmationCode": "123456", "Password": OTHER}),
    ]


def test_a_secret_hash_that_is_missing_or_anothers_is_refused(sqlite_house: TestHouse) -> None:
    """CGN-12"""
    scene = Scene(sqlite_house)
    scene.reader("ann")
    client = scene.confidential.id
    right = secret_hash("ann", client)
    wrong = {
        "of another client": secret_hash("ann", scene.plain.id),
        "of another user": secret_hash("bob", client),
        "of another secret": secret_hash("ann", client, "another secret"),
        "truncated": right[:-4],
        "in another case": right.swapcase(),
    }
    for function, more in asks(scene):
        asked = {"ClientId": client, "Username": "ann", **more}
        absent = refusal(function, **asked)
        assert absent == (
            f"NotAuthorizedException: Client {client} is configured with secret but "
            "SECRET_HASH was not received"
        )
        for kind, value in wrong.items():
            told = refusal(function, **asked, SecretHash=value)
            assert told == (
                f"NotAuthorizedException: Unable to verify secret hash for client {client}"
            ), kind
    assert scene.letters() == []
    scene.public.forgot_password(ClientId=client, Username="ann", SecretHash=right)
    assert len(scene.letters()) == 1
