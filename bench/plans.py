"""What is measured: each row's load, and the cryptography that no server could leave out of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bench import requests, seeding
from bench.place import App, Place
from bench.processes import ROOT_KEY, ROOT_SECRET
from bench.yardstick import PASSKEY_CHECK, SIGN, SRP, VERIFIER, VERIFY

TOKENS = 50
_IDP = requests.IDP


@dataclass(frozen=True)
class Plan:
    """`load` is what `bench.load` is given, `crypto` how many of each the server computes, but
    for password hashes. `beyond` names the row without what this one has more of."""

    name: str
    load: dict[str, Any]
    crypto: dict[str, float] = field(default_factory=dict)
    beyond: str = ""


class Plans:
    """The plans at one number of users."""

    def __init__(self, place: Place, users: int) -> None:
        self._place = place
        self._users = users
        self._port = place.server.port
        self._names = seeding.names_with_passkey()
        self._tokens = [place.tokens(place.app, name) for name in self._names[:TOKENS]]

    def all(self) -> Iterator[Plan]:
        yield from self._reads()
        yield from self._sessions()
        yield from self._sign_ins()
        yield from self._functions()
        yield from self._writes()

    def find(self, name: str) -> Plan:
        return next(plan for plan in self.all() if plan.name == name)

    def _reads(self) -> Iterator[Plan]:
        pool = self._place.app.pool
        some = [seeding.email_of(n * 7919 % self._users) for n in range(500)] * 6
        admin = [{"UserPoolId": pool, "Username": name} for name in some]
        mail = [{"UserPoolId": pool, "Filter": f'email = "{name}"'} for name in some]
        own = [{"AccessToken": tokens["AccessToken"]} for tokens in self._tokens]
        key = self._place.key
        mine = key["AccessKeyId"], key["SecretAccessKey"], self._port, "cognito-idp"
        yield Plan("GetUser", _made(requests.plain(f"{_IDP}.GetUser", own)), {VERIFY: 1})
        signed = requests.signed(f"{_IDP}.AdminGetUser", admin, *mine)
        yield Plan("AdminGetUser (policy checked)", _made(signed))
        signed = requests.signed(f"{_IDP}.ListUsers", mail, *self._root)
        yield Plan("ListUsers by e-mail", _made(signed))
        yield Plan("GetCredentialsForIdentity", _made(self._credential_requests()), {VERIFY: 1})

    def _sessions(self) -> Iterator[Plan]:
        refreshes = [{"REFRESH_TOKEN": tokens["RefreshToken"]} for tokens in self._tokens]
        yield Plan("refresh", _made(self._flow("REFRESH_TOKEN_AUTH", refreshes)), {SIGN: 2})
        rotating = self._place.rotating
        chain = {
            "scenario": "rotation",
            "client": rotating.client,
            "tokens": [
                self._place.tokens(rotating, name)["RefreshToken"] for name in self._names[:TOKENS]
            ],
        }
        yield Plan("refresh, rotating", chain, {SIGN: 2}, beyond="refresh")

    def _sign_ins(self) -> Iterator[Plan]:
        app, names = self._place.app, self._names
        passwords = [{"USERNAME": n, "PASSWORD": seeding.PASSWORD} for n in names]
        yield Plan("SRP sign-in", _srp(app, names), {SIGN: 2, SRP: 1})
        password = self._flow("USER_PASSWORD_AUTH", passwords)
        yield Plan("password sign-in", _made(password), {SIGN: 2})
        given = {"client": app.client, "password": seeding.PASSWORD}
        holders = seeding.names_with_token()
        token = {"scenario": "token", "names": holders, "count": len(holders), **given}
        yield Plan("TOTP sign-in", token, {SIGN: 2}, beyond="password sign-in")
        # A user is sent so many messages in an hour, and no more.
        code = {
            "scenario": "code",
            "names": names,
            "count": 3 * len(names),
            "environment": self._place.environment,
            **given,
        }
        yield Plan("e-mail code sign-in", code, {SIGN: 2})
        passkey = {"scenario": "passkey", "names": names, **given}
        yield Plan("passkey sign-in", passkey, {SIGN: 2, PASSKEY_CHECK: 1})

    def _functions(self) -> Iterator[Plan]:
        for kind, app in self._place.calling.items():
            crypto = {SIGN: 2.0, SRP: 1.0}
            load = _srp(app, self._names)
            yield Plan(f"SRP sign-in, {kind} trigger", load, crypto, beyond="SRP sign-in")

    def _writes(self) -> Iterator[Plan]:
        stamp = f"{self._users}-{time.time_ns()}"
        client = {"ClientId": self._place.app.client, "Password": seeding.PASSWORD}
        sign_ups = [{**client, "Username": f"new{stamp}-{n}@example.com"} for n in range(220)]
        load = _made(requests.plain(f"{_IDP}.SignUp", sign_ups), len(sign_ups))
        yield Plan("SignUp", load, {VERIFIER: 1})
        pools = [{"PoolName": f"p{n}"} for n in range(28)]
        load = _made(requests.signed(f"{_IDP}.CreateUserPool", pools, *self._root), len(pools))
        yield Plan("CreateUserPool", {**load, "clients": 1})

    @property
    def _root(self) -> tuple[str, str, int, str]:
        return ROOT_KEY, ROOT_SECRET, self._port, "cognito-idp"

    def _flow(self, name: str, given: list[dict[str, str]]) -> list[str]:
        client = {"AuthFlow": name, "ClientId": self._place.app.client}
        bodies = [{**client, "AuthParameters": each} for each in given]
        return requests.plain(f"{_IDP}.InitiateAuth", bodies)

    def _credential_requests(self) -> list[str]:
        place, bodies = self._place, []
        for tokens in self._tokens:
            logins = {place.provider: tokens["IdToken"]}
            identity = place.cid.get_id(IdentityPoolId=place.identity_pool, Logins=logins)
            bodies.append({"IdentityId": identity["IdentityId"], "Logins": logins})
        return requests.plain(f"{requests.IDENTITY}.GetCredentialsForIdentity", bodies)


def _made(ready: list[str], count: int = 0) -> dict[str, Any]:
    """Requests that are sent again and again; or, where `count` is given, once each."""
    return {"scenario": "prepared", "requests": ready, **({"count": count} if count else {})}


def _srp(app: App, names: list[str]) -> dict[str, Any]:
    return {
        "scenario": "srp",
        "names": names,
        "password": seeding.PASSWORD,
        "client": app.client,
        "pool": app.short_name,
    }
