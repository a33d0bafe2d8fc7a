"""Sessions through the API: listed, revoked, evicted, and configured."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from poolhouse import ids
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.sessions.rows import SSO, TOKEN, SsoSession
from poolhouse.userpools.sessions.rules import session_name
from poolhouse.userpools.sessions.store import open_sso, sweep
from poolhouse.userpools.tokens.rows import sessions
from tests.support.house import TestHouse
from tests.support.signing_in import PASSWORD, Scene, claims, refused, scene_of

NOWHERE = "tkn" + "0" * 25


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    made = scene_of(house)
    made.user("ann")
    track(made)
    return made


def track(scene: Scene, most: int = 20, state: str = "ENABLED") -> None:
    scene.idp.set_user_pool_session_configuration(
        UserPoolId=scene.pool, UserSessionTracking=state, TokenSession={"MaxPerUser": most}
    )


def listed(scene: Scene, access_token: str) -> dict[str, dict[str, Any]]:
    found = scene.public.list_user_sessions(AccessToken=access_token)
    assert "NextToken" not in found
    return {session["SessionId"]: session for session in found["Sessions"]}


def listed_by_admin(scene: Scene, name: str = "ann") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = scene.idp.admin_list_user_sessions(
        UserPoolId=scene.pool, Username=name
    )["Sessions"]
    return found


def own_name(tokens: dict[str, Any]) -> str:
    return session_name(TOKEN, claims(tokens["AccessToken"])["event_id"])


def alive(scene: Scene, tokens: dict[str, Any]) -> bool:
    """Whether all of a session's tokens work; all of them or none do."""
    try:
        scene.refresh(tokens["RefreshToken"])
    except scene.public.exceptions.NotAuthorizedException:
        revoked = refused(scene.public.get_user, AccessToken=tokens["AccessToken"])
        assert revoked == ("NotAuthorizedException", "Access Token has been revoked")
        return False
    assert scene.public.get_user(AccessToken=tokens["AccessToken"])
    return True


def test_a_user_sees_their_sessions_and_which_is_the_one_that_asks(scene: Scene) -> None:
    scene.user("bob")
    scene.tokens("bob")
    one = scene.tokens("ann")
    scene.house.clock.step(5)
    two = scene.tokens("ann", client=scene.hiding)
    found = listed(scene, two["AccessToken"])
    assert set(found) == {own_name(one), own_name(two)}
    mine = found[own_name(two)]
    assert mine["IsCurrentSession"] is True
    assert found[own_name(one)]["IsCurrentSession"] is False
    assert mine["SessionType"] == "TOKEN"
    assert mine["ClientId"] == scene.hiding
    assert mine["LastIPAddress"] == "127.0.0.1"
    assert mine["DeviceType"].startswith("Boto3")
    assert "OriginSessionId" not in mine
    assert (mine["CreateDate"] - found[own_name(one)]["CreateDate"]).total_seconds() >= 5
    assert all(not session["IsCurrentSession"] for session in listed_by_admin(scene))
    assert len(listed_by_admin(scene)) == 2


def test_what_has_ended_is_not_listed(scene: Scene) -> None:
    short = scene.client(RefreshTokenValidity=60, TokenValidityUnits={"RefreshToken": "minutes"})
    scene.tokens("ann", client=short)
    ended = scene.tokens("ann")
    scene.public.revoke_token(Token=ended["RefreshToken"], ClientId=scene.open)
    assert len(listed_by_admin(scene)) == 1
    scene.house.clock.step(3601)
    fresh = scene.tokens("ann")
    assert set(listed(scene, fresh["AccessToken"])) == {own_name(fresh)}


def test_an_untracked_pool_refuses_instead_of_listing_nothing(scene: Scene) -> None:
    track(scene, state="DISABLED")
    token = scene.tokens("ann")["AccessToken"]
    where = {"UserPoolId": scene.pool, "Username": "ann"}
    for ask in (
        lambda: scene.public.list_user_sessions(AccessToken=token),
        lambda: scene.idp.admin_list_user_sessions(**where),
        lambda: scene.public.revoke_user_session(AccessToken=token, SessionId=NOWHERE),
        lambda: scene.idp.admin_revoke_user_session(SessionId=NOWHERE, **where),
    ):
        assert refused(ask)[0] == "OperationNotEnabledException"
    track(scene)
    assert len(listed_by_admin(scene)) == 1


def test_a_revoked_session_is_over_with_all_its_tokens_and_the_others_go_on(scene: Scene) -> None:
    """TOK-07"""
    mine, other, third = (scene.tokens("ann") for _ in range(3))
    newer = scene.refresh(other["RefreshToken"])["AuthenticationResult"]["AccessToken"]
    asked = {"AccessToken": mine["AccessToken"], "SessionId": own_name(other)}
    scene.public.revoke_user_session(**asked)
    assert [alive(scene, tokens) for tokens in (mine, other, third)] == [True, False, True]
    refused(scene.public.get_user, AccessToken=newer)
    refused(
        scene.public.get_tokens_from_refresh_token,
        ClientId=scene.open,
        RefreshToken=other["RefreshToken"],
    )
    assert own_name(other) not in listed(scene, mine["AccessToken"])
    assert refused(scene.public.revoke_user_session, **asked)[0] == "ResourceNotFoundException"
    scene.idp.admin_revoke_user_session(
        UserPoolId=scene.pool, Username="ann", SessionId=own_name(third)
    )
    assert not alive(scene, third)


def test_nobody_ends_their_current_session_or_another_s_session(scene: Scene) -> None:
    scene.user("bob")
    mine, hers = scene.tokens("bob"), scene.tokens("ann")
    for linked in ("NONE", "LINKED"):
        code, _ = refused(
            scene.public.revoke_user_session,
            AccessToken=mine["AccessToken"],
            SessionId=own_name(mine),
            RevokeAssociatedSessions=linked,
        )
        assert code == "InvalidParameterException"
    for name in (own_name(hers), NOWHERE, "tkn" + "z" * 25, "sso" + own_name(hers)[3:]):
        given = {"AccessToken": mine["AccessToken"], "SessionId": name}
        assert refused(scene.public.revoke_user_session, **given)[0] == "ResourceNotFoundException"
        where = {"UserPoolId": scene.pool, "Username": "bob", "SessionId": name}
        code, _ = refused(scene.idp.admin_revoke_user_session, **where)
        assert code == "ResourceNotFoundException"
    assert alive(scene, hers)
    assert alive(scene, mine)


def test_one_more_session_than_allowed_ends_the_one_used_least_recently(scene: Scene) -> None:
    track(scene, 3)
    kept = []
    for _ in range(3):
        kept.append(scene.tokens("ann"))
        scene.house.clock.step(61)
    assert scene.refresh(kept[0]["RefreshToken"])
    scene.house.clock.step(61)
    more = scene.tokens("ann")
    assert [alive(scene, tokens) for tokens in (*kept, more)] == [True, False, True, True]


def test_a_lower_limit_takes_hold_with_the_next_sign_in(scene: Scene) -> None:
    before = [scene.tokens("ann") for _ in range(4)]
    track(scene, 2)
    assert all(alive(scene, tokens) for tokens in before)
    scene.house.clock.step(1)
    scene.tokens("ann")
    assert len(listed_by_admin(scene)) == 2
    track(scene, 2, "DISABLED")
    for _ in range(3):
        scene.tokens("ann")
    track(scene, 100)
    assert len(listed_by_admin(scene)) == 5


def test_sign_ins_at_one_moment_never_leave_more_sessions_than_allowed(scene: Scene) -> None:
    """REL-04"""
    track(scene, 2)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: scene.tokens("ann"), range(12)))
    found = listed_by_admin(scene)
    assert len(found) == 2
    living = [tokens for tokens in made if alive(scene, tokens)]
    assert {own_name(tokens) for tokens in living} == {one["SessionId"] for one in found}


def test_a_refused_sign_in_ends_no_session(scene: Scene) -> None:
    track(scene, 1)
    tokens = scene.tokens("ann")
    refused(scene.sign_in, "ann", "Wrong-Password-1!")
    scene.idp.admin_create_user(
        UserPoolId=scene.pool,
        Username="new",
        MessageAction="SUPPRESS",
        TemporaryPassword=PASSWORD,
    )
    assert scene.sign_in("new")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert alive(scene, tokens)


def test_activity_is_kept_at_most_once_a_minute_and_only_where_tracked(scene: Scene) -> None:
    tokens = scene.tokens("ann")

    def last() -> Any:
        return listed(scene, tokens["AccessToken"])[own_name(tokens)]["LastActiveDate"]

    begun = last()
    scene.house.clock.step(30)
    scene.refresh(tokens["RefreshToken"])
    assert last() == begun
    scene.house.clock.step(31)
    scene.refresh(tokens["RefreshToken"])
    moved = last()
    assert moved > begun
    track(scene, state="DISABLED")
    scene.house.clock.step(120)
    scene.refresh(tokens["RefreshToken"])
    track(scene)
    assert last() == moved


def test_a_rotation_is_activity_too(scene: Scene) -> None:
    client = scene.client(
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    )
    tokens = scene.tokens("ann", client=client)
    scene.house.clock.step(120)
    scene.public.get_tokens_from_refresh_token(ClientId=client, RefreshToken=tokens["RefreshToken"])
    (found,) = listed_by_admin(scene)
    assert (found["LastActiveDate"] - found["CreateDate"]).total_seconds() >= 119


# SSO sessions ------------------------------------------------------------------------------


def sso(scene: Scene, sub: str, *through: dict[str, Any]) -> str:
    """An SSO session as the hosted pages begin one, and the sign-ins that came through it."""
    now, services = scene.house.clock.now(), scene.house.services
    made = SsoSession(
        scene.pool,
        ids.random_uuid(),
        sub,
        scene.open,
        now,
        now,
        now + 3600,
        "192.0.2.1",
        "Safari/1",
    )
    with Unit(services.database) as unit:
        open_sso(unit, made)
        for tokens in through:
            unit.write(
                sessions.update()
                .where(sessions.c.id == claims(tokens["AccessToken"])["event_id"])
                .values(sso_id=made.id)
            )
    return session_name(SSO, made.id)


def test_linked_sessions_end_together_where_that_is_asked_for(scene: Scene) -> None:
    ann = claims(scene.tokens("ann")["AccessToken"])["sub"]
    scene.idp.admin_user_global_sign_out(UserPoolId=scene.pool, Username="ann")
    where = {"UserPoolId": scene.pool, "Username": "ann"}
    apart, one, two = (scene.tokens("ann") for _ in range(3))
    parent = sso(scene, ann, one, two)
    found = {session["SessionId"]: session for session in listed_by_admin(scene)}
    assert found[parent]["SessionType"] == "SSO"
    assert found[own_name(one)]["OriginSessionId"] == parent
    scene.idp.admin_revoke_user_session(SessionId=own_name(one), **where)
    assert len(listed_by_admin(scene)) == 3
    scene.idp.admin_revoke_user_session(
        SessionId=own_name(two), RevokeAssociatedSessions="LINKED", **where
    )
    assert [session["SessionId"] for session in listed_by_admin(scene)] == [own_name(apart)]
    one, two = scene.tokens("ann"), scene.tokens("ann")
    parent = sso(scene, ann, one, two)
    scene.idp.admin_revoke_user_session(
        SessionId=parent, RevokeAssociatedSessions="LINKED", **where
    )
    assert [alive(scene, tokens) for tokens in (apart, one, two)] == [True, False, False]
    assert len(listed_by_admin(scene)) == 1


def test_revoking_a_token_ends_its_sso_session_where_that_is_asked_for(scene: Scene) -> None:
    one, two, three = (scene.tokens("ann") for _ in range(3))
    parent = sso(scene, claims(one["AccessToken"])["sub"], one, two, three)

    def revoke(tokens: dict[str, Any], **more: str) -> list[str]:
        scene.public.revoke_token(ClientId=scene.open, Token=tokens["RefreshToken"], **more)
        return [session["SessionId"] for session in listed_by_admin(scene)]

    assert parent in revoke(one) and not alive(scene, one)
    linked = {"RevokeAssociatedSessions": "LINKED"}
    track(scene, state="DISABLED")
    scene.public.revoke_token(ClientId=scene.open, Token=two["RefreshToken"], **linked)
    track(scene)
    assert parent in revoke(two), "without tracking it has no effect"
    assert revoke(two, **linked) == [own_name(three)] and alive(scene, three)
    assert refused(revoke, three, RevokeAssociatedSessions="ALL")[0] == "InvalidParameterException"


def test_a_user_does_not_end_the_current_session_through_its_sso_session(scene: Scene) -> None:
    mine = scene.tokens("ann")
    parent = sso(scene, claims(mine["AccessToken"])["sub"], mine)
    given = {"AccessToken": mine["AccessToken"], "SessionId": parent}
    code, _ = refused(scene.public.revoke_user_session, RevokeAssociatedSessions="LINKED", **given)
    assert code == "InvalidParameterException"
    assert parent in listed(scene, mine["AccessToken"])
    scene.public.revoke_user_session(**given)
    assert alive(scene, mine)
    assert parent not in listed(scene, mine["AccessToken"])


def test_an_sso_session_ends_by_itself_and_is_swept(scene: Scene) -> None:
    sub = claims(scene.tokens("ann")["AccessToken"])["sub"]
    sso(scene, sub)
    scene.house.clock.step(3601)
    fresh = scene.tokens("ann")
    assert {one["SessionType"] for one in listed(scene, fresh["AccessToken"]).values()} == {"TOKEN"}
    with Unit(scene.house.services.database) as unit:
        assert sweep(unit, scene.house.clock.now()) == 1


def test_a_long_list_comes_in_pages(scene: Scene) -> None:
    sub = claims(scene.tokens("ann")["AccessToken"])["sub"]
    for _ in range(130):
        sso(scene, sub)
    where = {"UserPoolId": scene.pool, "Username": "ann"}
    first = scene.idp.admin_list_user_sessions(**where)
    rest = scene.idp.admin_list_user_sessions(NextToken=first["NextToken"], **where)
    assert (len(first["Sessions"]), len(rest["Sessions"])) == (125, 6)
    assert "NextToken" not in rest
    names = {session["SessionId"] for session in first["Sessions"] + rest["Sessions"]}
    assert len(names) == 131
