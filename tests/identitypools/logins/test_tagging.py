"""Which claims become principal tags, without a house."""

from __future__ import annotations

from typing import Any

import pytest

from poolhouse.contract import cognito_identity as cid
from poolhouse.identitypools.logins.rules import Link, Login
from poolhouse.identitypools.logins.tagging import check_map, check_tags, tags_of
from poolhouse.identitypools.pools.rows import TagMap


def login(provider: str = "p", **claims: Any) -> Login:
    return Login(Link(provider, "sub"), "client1", claims)


def test_claims_become_tags_and_a_missing_claim_sets_none() -> None:
    maps = {
        "p": TagMap(principal_tags={"department": "dept", "ok": "email_verified", "n": "level"})
    }
    bearer = login(dept="R+D", email_verified=True, level=7)
    assert tags_of([bearer], maps) == {"department": "R+D", "ok": "true", "n": "7"}
    assert tags_of([login()], maps) == {} == tags_of([login(dept="x")], {})
    assert tags_of([login("q", dept="x")], maps) == {}


def test_the_defaults_are_the_client_and_the_user() -> None:
    maps = {"p": TagMap(use_defaults=True), "q": TagMap(use_defaults=True)}
    first, second = login(aud="client1", sub="alice"), login("q", aud="client2", sub="bob")
    assert tags_of([first], maps) == {"client": "client1", "username": "alice"}
    assert tags_of([first, second], maps) == {"client": "client1", "username": "alice"}


@pytest.mark.parametrize(
    "value", ["*", "a*b", "${aws:username}", "x" * 257, "a\nb", "a\x00b", "?", ["a"], {"a": "b"}]
)
def test_a_value_that_cannot_be_a_tag_refuses_the_whole_session(value: Any) -> None:
    """IDP-07"""
    maps = {"p": TagMap(principal_tags={"department": "dept"})}
    with pytest.raises(cid.InvalidIdentityPoolConfigurationException):
        tags_of([login(dept=value)], maps)


@pytest.mark.parametrize("key", ["aws:x", "AWS:PrincipalTag", "a*", "", "x" * 129, "a\n"])
def test_keys_that_are_reserved_or_no_keys_are_refused(key: str) -> None:
    """IDP-07"""
    with pytest.raises(cid.InvalidParameterException):
        check_map({key: "claim"})
    with pytest.raises(cid.InvalidParameterException):
        check_tags({key: "value"})


def test_values_and_doubled_keys_are_checked_too() -> None:
    """IDP-07"""
    check_tags({"team": "a b/c:d=e+f-g@h.i_j", "Straße": "zürich"})
    for tags in ({"team": "*"}, {"Team": "a", "team": "b"}):
        with pytest.raises(cid.InvalidParameterException):
            check_tags(tags)
