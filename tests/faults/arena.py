"""A pool on a server of two workers, and what races in it need: users, codes, tokens."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults.mailbox import Mailbox, open_mailbox
from tests.faults.workers import Racers, wires_over
from tests.support.server import Server
from tests.support.signing_in import FLOWS, SrpClient
from tests.support.wire import Reply, Wire

PASSWORD, OTHER = "Correct-Horse-1!", "Battery-Staple-2!"
WORKERS = 2
RACERS = 12
PATIENCE = 20.0


@dataclass
class Arena:
    """`wires` go to the workers in turn: the first two to one worker each."""

    server: Server
    mailbox: Mailbox
    wires: list[Wire]
    racers: Racers
    pool: str
    client: str
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def race(self, ask: Callable[[Wire, int], Reply], runners: int = RACERS) -> list[Reply]:
        """Everybody at once. Nothing may end in a 5xx."""
        replies = self.racers.race(ask, runners)
        assert all(reply.known for reply in replies), replies
        return replies

    def name(self) -> str:
        return f"user{next(self.numbers)}"

    def named(self, name: str) -> dict[str, str]:
        return {"UserPoolId": self.pool, "Username": name}

    # people ----------------------------------------------------------------------------
    def user(self, *, password: str = PASSWORD, permanent: bool = True, email: str = "") -> str:
        """A user who may sign in; with a verified address, where one is given."""
        name = self.name()
        attributes = [("email", email), ("email_verified", "true")] if email else []
        made = self.wires[0].ask_as_root(
            "AdminCreateUser",
            **self.named(name),
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": key, "Value": value} for key, value in attributes],
        )
        assert made.ok, made
        given = {"Password": password, "Permanent": permanent}
        assert self.wires[0].ask_as_root("AdminSetUserPassword", **self.named(name), **given).ok
        return name

    def sign_up(self, wire: Wire, name: str, email: str) -> Reply:
        return wire.ask(
            "SignUp",
            ClientId=self.client,
            Username=name,
            Password=PASSWORD,
            UserAttributes=[{"Name": "email", "Value": email}],
        )

    def code(self, address: str) -> str:
        """The code that was sent to an address nobody else has."""
        deadline = time.monotonic() + PATIENCE
        while address not in self.mailbox.codes:
            assert time.monotonic() < deadline, f"no code came to {address}"
            time.sleep(0.01)
        return self.mailbox.codes.pop(address)

    # signing in ------------------------------------------------------------------------
    def sign_in(self, wire: Wire, name: str, password: str = PASSWORD) -> Reply:
        return self.begin(wire, "USER_PASSWORD_AUTH", USERNAME=name, PASSWORD=password)

    def refresh(self, wire: Wire, token: str) -> Reply:
        return self.begin(wire, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)

    def begin(self, wire: Wire, flow: str, **given: str) -> Reply:
        return wire.ask("InitiateAuth", ClientId=self.client, AuthFlow=flow, AuthParameters=given)

    def answer(self, wire: Wire, challenge: str, session: str = "", **given: str) -> Reply:
        more = {"Session": session} if session else {}
        return wire.ask(
            "RespondToAuthChallenge",
            ClientId=self.client,
            ChallengeName=challenge,
            ChallengeResponses=given,
            **more,
        )

    def srp_answer(self, wire: Wire, name: str) -> dict[str, str]:
        """The right answer to a PASSWORD_VERIFIER challenge that `wire` was given."""
        srp = SrpClient(self.pool, name, PASSWORD)
        begun = self.begin(wire, "USER_SRP_AUTH", USERNAME=name, SRP_A=f"{srp.big_a:x}")
        return srp.answer(begun.body["ChallengeParameters"])

    def tokens(self, name: str, wire: Wire | None = None) -> dict[str, str]:
        return tokens_of(self.sign_in(wire or self.wires[0], name))

    def works(self, access_token: str) -> bool:
        """Whether any of the workers takes the token."""
        replies = [wire.ask("GetUser", AccessToken=access_token) for wire in self.wires[:WORKERS]]
        assert all(reply.known for reply in replies), replies
        return any(reply.ok for reply in replies)


def tokens_of(reply: Reply) -> dict[str, str]:
    assert reply.ok, reply
    found: dict[str, str] = reply.body["AuthenticationResult"]
    return found


@contextmanager
def arena_on(start: Callable[[str], Server]) -> Iterator[Arena]:
    """`start` is given the URL of a mail server."""
    with open_mailbox() as mailbox:
        server = start(mailbox.url)
        idp = server.client("cognito-idp")
        pool = idp.create_user_pool(
            PoolName="arena",
            AliasAttributes=["email"],
            AutoVerifiedAttributes=["email"],
            UsernameConfiguration={"CaseSensitive": False},
        )["UserPool"]["Id"]
        client = idp.create_user_pool_client(
            UserPoolId=pool, ClientName="arena", ExplicitAuthFlows=FLOWS
        )["UserPoolClient"]["ClientId"]
        with wires_over(server, WORKERS, each=RACERS // WORKERS) as wires:
            racers = Racers(wires)
            try:
                yield Arena(server, mailbox, wires, racers, pool, client)
            finally:
                racers.close()
