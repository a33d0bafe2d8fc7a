"""ListUsers."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Executable

from poolhouse import ids
from poolhouse.kernel.unit import Unit
from poolhouse.storage.prepared import prepare
from poolhouse.userpools.search.rules import keys_of, parsed
from poolhouse.userpools.search.store import Found
from poolhouse.userpools.users.naming import fold
from poolhouse.userpools.users.rows import CONFIRMED, RESET_REQUIRED, UNCONFIRMED, User
from poolhouse.userpools.users.store import Users
from tests.support.house import TestHouse
from tests.userpools.search.test_rules import CORPUS
from tests.userpools.users.people import People, refused
from tests.userpools.users.pool import EMAIL, PHONE, pool, shown


def add(
    people: People,
    username: str,
    status: str = CONFIRMED,
    /,
    *,
    sub: str | None = None,
    enabled: bool = True,
    **attributes: str,
) -> User:
    """A row, without the cost of a password."""
    sub = sub or ids.random_uuid()
    user = User(people.id, sub, username, status, enabled, attributes, 1.0, 1.0)
    with Unit(people.house.services.database) as unit:
        assert Users(unit, people.pool).add(user)
    return user


def found(people: People, wanted: str | None = None, **more: Any) -> list[str]:
    """User names, in the order they come in."""
    asked = {"Filter": wanted} if wanted is not None else {}
    answer = people.admin.list_users(UserPoolId=people.id, **asked, **more)
    return [user["Username"] for user in answer["Users"]]


def pages(people: People, size: int, wanted: str | None = None) -> list[list[str]]:
    asked = {"Filter": wanted} if wanted is not None else {}
    paginator = people.admin.get_paginator("list_users")
    return [
        [user["Username"] for user in page["Users"]]
        for page in paginator.paginate(
            UserPoolId=people.id, PaginationConfig={"PageSize": size}, **asked
        )
    ]


def settle(people: People) -> None:
    add(people, "Ann", sub="a1", email=EMAIL, name="Ann Lee", phone_number=PHONE)
    add(people, "bob", UNCONFIRMED, sub="b2", email="Bob@Example.com", name="bob ley")
    add(people, "cid", RESET_REQUIRED, sub="a3", enabled=False, given_name="Cid", email="x@x.com")
    add(people, "dan", sub="d4", family_name='D"an\\', preferred_username="ＤＡＮ")


QUERIES = {
    'username = "Ann"': ["Ann"],
    'username = "ann"': [],
    'username ^= "A"': ["Ann"],
    'username ^= ""': ["Ann", "bob", "cid", "dan"],
    'email = "ANN@example.COM"': ["Ann"],
    'email^="b"': ["bob"],
    'email ^= ""': ["Ann", "bob", "cid"],
    'email = "ann@example"': [],
    'phone_number ^= "+1206"': ["Ann"],
    'name ^= "ann L"': ["Ann"],
    'name="BOB LEY"': ["bob"],
    'given_name = "cid"': ["cid"],
    'family_name = "d\\"AN\\\\"': ["dan"],
    'preferred_username = "dan"': ["dan"],
    'cognito:user_status = "confirmed"': ["Ann", "dan"],
    'cognito:user_status ^= "Re"': ["cid"],
    'cognito:user_status ^= ""': ["Ann", "dan", "cid", "bob"],
    'status = "Enabled"': ["Ann", "bob", "dan"],
    'status = "Disabled"': ["cid"],
    'status = "disabled"': [],
    'status ^= "Dis"': ["cid"],
    'sub = "b2"': ["bob"],
    'sub ^= "a"': ["Ann", "cid"],
    'sub ^= "a1"': ["Ann"],
    'sub = "A1"': [],
    'email ^= "%"': [],
    'email ^= "_nn"': [],
    'name = "\' OR 1=1 --"': [],
}


def test_a_filter_finds_whom_it_says_in_order(house: TestHouse) -> None:
    """REL-26: the same on both databases."""
    people, others = People(house), People(house)
    settle(people)
    add(others, "eve", email=EMAIL, name="Ann Lee")
    for wanted, names in QUERIES.items():
        assert found(people, wanted) == names, wanted
        assert [name for page in pages(people, 1, wanted) for name in page] == names, wanted
    assert found(people) == found(people, "  ") == ["Ann", "cid", "bob", "dan"]
    assert found(people, Limit=0) == found(people, Limit=60) == ["Ann", "cid", "bob", "dan"]


def test_a_user_is_found_by_what_they_are_now(house: TestHouse) -> None:
    people = People(house)
    people.create("ann", email="old@x.com", name="Ann")
    people.update("ann", email="new@x.com", name="")
    assert found(people, 'email = "old@x.com"') == found(people, 'name ^= ""') == []
    assert found(people, 'email = "new@x.com"') == ["ann"]
    people.admin.admin_disable_user(UserPoolId=people.id, Username="ann")
    assert found(people, 'status = "Enabled"') == []
    assert found(people, 'cognito:user_status = "FORCE_CHANGE_PASSWORD"') == ["ann"]
    people.admin.admin_delete_user(UserPoolId=people.id, Username="ann")
    assert found(people, 'email = "new@x.com"') == found(people) == []


def test_users_are_shown_whole_or_by_the_attributes_asked_for(house: TestHouse) -> None:
    people = People(house)
    settle(people)
    ask = people.admin.list_users
    (user,) = ask(UserPoolId=people.id, Filter='username="Ann"')["Users"]
    assert set(user) == {
        "Username",
        "Attributes",
        "UserCreateDate",
        "UserLastModifiedDate",
        "Enabled",
        "UserStatus",
    }
    assert shown(user["Attributes"])["sub"] == "a1"
    some = ask(UserPoolId=people.id, AttributesToGet=["email", "sub", "locale"])["Users"]
    assert [shown(user["Attributes"]).get("email") for user in some] == [
        EMAIL,
        "x@x.com",
        "Bob@Example.com",
        None,
    ]
    told = refused(ask, UserPoolId=people.id, AttributesToGet=["email", "password"])
    assert told == (
        "InvalidParameterException",
        "One or more requested attributes do not exist.",
    )
    assert refused(ask, UserPoolId=people.id, Limit=61)[0] == "InvalidParameterException"
    assert refused(ask, UserPoolId="us-east-1_none")[0] == "ResourceNotFoundException"


def test_pages_show_everybody_once_also_where_keys_are_equal(house: TestHouse) -> None:
    people = People(house)
    for number in range(23):
        name = ["same", "Same", "sane"][number % 3]
        add(people, f"user{number:02}", name=name, enabled=number % 2 == 0)
    everybody = {f"user{number:02}" for number in range(23)}
    for wanted in (None, 'name ^= "sa"', 'cognito:user_status="CONFIRMED"', 'username^="user"'):
        for size in (1, 5, 23, 60):
            cut = pages(people, size, wanted)
            listed = [name for page in cut for name in page]
            assert set(listed) == everybody
            assert len(listed) == 23
            assert all(len(page) <= size for page in cut)
    assert len([n for page in pages(people, 4, 'name = "SAME"') for n in page]) == 16
    assert len([n for page in pages(people, 4, 'status = "Disabled"') for n in page]) == 11
    first = found(people, 'name ^= "sa"', Limit=5)
    assert {*first} <= {f"user{number:02}" for number in range(23) if number % 3 != 2}


def test_what_is_no_filter_is_refused(house: TestHouse) -> None:
    """ADM-08"""
    people = People(house)
    settle(people)
    for wanted in CORPUS:
        told = refused(found, people, wanted)
        assert told == ("InvalidParameterException", "Error while parsing filter.")
    for name in ("custom:role", "dev:custom:plan", "username_key", "1=1"):
        told = refused(found, people, f'{name} = "x"')
        assert told[0] == "InvalidParameterException"
    assert refused(found, people, "e" * 257)[0] == "InvalidParameterException"
    assert len(found(people)) == 4


def token_of(people: People, wanted: str | None = None) -> str:
    asked = {"Filter": wanted} if wanted else {}
    answer = people.admin.list_users(UserPoolId=people.id, Limit=1, **asked)
    token: str = answer["PaginationToken"]
    return token


def test_a_token_is_good_for_its_own_list_only(house: TestHouse) -> None:
    """ADM-01, ADM-08"""
    people, others = People(house), People(house)
    for one in (people, others):
        settle(one)
    expected = ("InvalidParameterException", "Invalid pagination token.")
    filters = [None, 'email ^= ""', 'email ^= "a"', 'username ^= ""', 'sub ^= ""']
    tokens = {w: token_of(people, w) for w in filters if w != 'email ^= "a"'}
    for wanted in filters:
        for bound_to, token in tokens.items():
            if wanted != bound_to:
                assert refused(found, people, wanted, PaginationToken=token) == expected
            assert refused(found, others, wanted, PaginationToken=token) == expected
    assert found(people, 'email^=""', PaginationToken=tokens['email ^= ""']) == ["bob", "cid"]
    token = tokens[None]
    for forged in (*_forged(token), token_of(others), "x", "AAAA", "=" * 64, "%00", "é"):
        assert refused(found, people, PaginationToken=forged) == expected
    assert found(people, PaginationToken=token) == ["cid", "bob", "dan"]


def _forged(token: str) -> Iterable[str]:
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for place in (0, 15, 16, len(raw) // 2, len(raw) - 1):
        changed = bytearray(raw)
        changed[place] ^= 1
        yield base64.urlsafe_b64encode(bytes(changed)).decode().rstrip("=")
    yield base64.urlsafe_b64encode(raw[16:]).decode().rstrip("=")
    yield token[:-4]


TEXTS = [
    "a", "b", "B", "ab", "aé", "ae\u0301", "z", "Z", "ﬁ", "fi", "ß", "ss", "😀", "😀😀", "\uffff",
    "\ue000", "שלום", "א", "ﷺ", "\U0010ffff", "a\U0010ffff", " a", "a b", "%", "_", "'", "\\",
    "x" * 2048, "x" * 2047 + "y", "😀" * 2048, "ﷺ" * 2048,
]  # fmt: skip


def test_every_text_is_found_and_sorted_alike_on_both_databases(house: TestHouse) -> None:
    """REL-26: compared with what Python says of the same texts."""
    people = People(house)
    names = {}
    for number, value in enumerate(TEXTS):
        names[f"u{number:02}"] = value
        add(people, f"u{number:02}", sub=f"{number:02}", name=value)
    order = sorted(names, key=lambda name: (fold(names[name])[:512].encode(), name))
    assert [name for page in pages(people, 7, 'name ^= ""') for name in page] == order
    for value in TEXTS:
        sought = value[:100]
        quoted = sought.replace("\\", "\\\\")
        expected = [name for name in order if fold(names[name]) == fold(sought)]
        assert found(people, f'name = "{quoted}"') == expected, value
        expected = [name for name in order if fold(names[name]).startswith(fold(sought))]
        assert found(people, f'name ^= "{quoted}"') == expected, value


class Recording(Unit):
    """A unit that only remembers what it is asked."""

    def __init__(self) -> None:
        self.seen: list[tuple[Executable, dict[str, Any]]] = []

    def all(self, statement: Executable, **values: Any) -> list[Any]:
        self.seen.append((statement, values))
        return []


def test_no_search_reads_more_than_its_page(sqlite_house: TestHouse) -> None:
    """ADM-08: each query walks one index from a bound place, in order; nothing is spelled out."""
    unit = Recording()
    for wanted in (*QUERIES, ""):
        keys = keys_of(parsed(wanted))
        if keys is not None:
            for after in (None, ("m", "n")):
                Found(unit, pool().id, keys).list(after, 3)
    assert len({id(statement) for statement, _ in unit.seen}) == 13
    with sqlite_house.services.database.connection() as connection:
        for statement, values in unit.seen:
            asked = prepare(statement, connection.dialect, values)
            assert asked is not None
            assert not [part for part in ("nn", "bob", "'", "ONFI") if part in asked.text]
            rows = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {asked.text}", tuple(asked.values(values))
            )
            first, *rest = [row[-1] for row in rows]
            walked = first.partition("(")[2]
            assert first.startswith("SEARCH"), first
            assert "sub>" in walked or "sub=" in walked or ">(" in walked, first
            assert not [step for step in rest if not step.startswith("SEARCH users")], rest
