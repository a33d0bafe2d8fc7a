"""Client threads that sign up, confirm, change passwords, revoke and delete, and write down what
was acknowledged."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from poolhouse.userpools.users.rows import CONFIRMED, UNCONFIRMED
from tests.faults.lives import Life, Person
from tests.faults.mailbox import Mailbox
from tests.support.server import Server
from tests.support.wire import Reply, Wire

# What a busy or strict server may refuse although the request makes sense.
EXCUSED = frozenset({"TooManyRequestsException", "LimitExceededException"})
MOST_PEOPLE = 12
PATIENCE = 60.0
Deed = Callable[[Wire, Person], tuple[Reply, Life]]


@dataclass(frozen=True)
class Place:
    """Where the crowd goes: a pool whose users may sign in with a verified address."""

    pool: str
    client: str

    @classmethod
    def made(cls, server: Server) -> Place:
        idp = server.client("cognito-idp")
        pool = idp.create_user_pool(
            PoolName="crowd", AliasAttributes=["email"], AutoVerifiedAttributes=["email"]
        )["UserPool"]["Id"]
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
        client = idp.create_user_pool_client(
            UserPoolId=pool, ClientName="crowd", ExplicitAuthFlows=flows
        )["UserPoolClient"]["ClientId"]
        return cls(pool, client)


class Client:
    """One thread and the people that are its own, so that only a dead server leaves doubt."""

    def __init__(self, name: str, place: Place, mailbox: Mailbox, seed: int) -> None:
        self.people: list[Person] = []
        self.acknowledged = 0
        self.wrongs: list[str] = []
        self._name = name
        self._place = place
        self._mailbox = mailbox
        self._chance = random.Random(seed)
        self._made = 0

    def work(self, port: int, over: threading.Event) -> None:
        """Until `over`, or until everybody is in doubt."""
        peer = f"10.{self._chance.randrange(256)}.{self._chance.randrange(256)}.1"
        with Wire(port, peer=peer) as wire:
            while not over.is_set():
                person = self._pick()
                if person is None:
                    return
                self._do(wire, person)

    def _pick(self) -> Person | None:
        living = [one for one in self.people if one.doubt or one.life.status or not one.existed]
        if len(living) < MOST_PEOPLE:
            self._made += 1
            self.people.append(Person(f"{self._name}n{self._made}"))
            return self.people[-1]
        settled = [one for one in living if one.doubt is None]
        return self._chance.choice(settled) if settled else None

    def _do(self, wire: Wire, person: Person) -> None:
        deed = self._chance.choice(self._deeds(person))
        reply, after = deed(wire, person)
        if reply.ok:
            self.acknowledged += 1
            person.existed = person.existed or bool(after.status)
            person.life = after
        elif not reply.known:
            person.doubt = after
        elif reply.code not in EXCUSED:
            self.wrongs.append(f"{deed.__name__} of {person.name}: {reply.code} {reply.body}")

    def _deeds(self, person: Person) -> list[Deed]:
        if not person.life.status:
            return [self.sign_up]
        if person.life.status == UNCONFIRMED:
            return [self.confirm if person.address in self._mailbox.codes else self.admin_confirm]
        assert person.life.status == CONFIRMED
        deeds: list[Deed] = [self.sign_in, self.sign_in, self.set_password, self.admin_delete]
        if person.life.live:
            deeds += [self.revoke, self.change_password, self.sign_out, self.delete]
        return deeds

    # deeds: the reply, and the life after it -------------------------------------------
    def sign_up(self, wire: Wire, person: Person) -> tuple[Reply, Life]:
        password = self._password()
        attributes = [{"Name": "email", "Value": person.address}]
        reply = wire.ask(
            "SignUp",
            ClientId=self._place.client,
            Username=person.name,
            Password=password,
            UserAttributes=attributes,
        )
        return reply, person.life.signed_up(password)

    def confirm(self, wire: Wire, person: Person) -> tuple[Reply, Life]:
        code = self._mailbox.codes[person.address]
        reply = wire.ask(
            "ConfirmSignUp",
            ClientId=self._place.client,
            Username=person.name,
            ConfirmationCode=code,
        )
        return reply, person.life.confirmed(verified=True)

    def admin_confirm(self, wire: Wire, person: Person) -> tuple[Reply, Life]:
        reply = wire.ask_as_root("AdminConfirmSignUp", **self._named(person))
        return reply, person.life.confirmed(verified=False)

    def sign_in(self, wire: Wire, person: Person) -> tuple[Reply, Life]:
        return signed_in(wire, self._place, person, person.life)

    def set_password(self, wire: Wire, person: Person) -> tuple[Reply, Life]:
        password = self._password()
        reply = wire.ask_as_root(
            "AdminSetUserPassword", **self._named(person), Password=password, Permanent=True
        )
        return reply, with_password(person.life, password)

    def change_password(self, wire: Wire, person: Person) -> tuple[Reply, Life]:
        password, sitting = self._password(), self._chance.choice(person.life.live)
        reply = wire.ask(
            "ChangePassword",
            AccessToken=sitting.access,
            PreviousPassword=person.life.password,
            ProposedPassword=password,
        )
        return reply, with_password(person.life, password)

    def revoke(self, wire: Wire, person: Person) -> tuple[Reply, Life]:
        sitting = self._chance.choice(person.life.live)
        reply = wire.ask("RevokeToken", Token=sitting.refresh, ClientId=self._place.client)
        return reply, person.life.without(sitting)

    def sign_out(self, wire: Wire, person: Person) -> tuple[Reply, Life]:
        sitting = self._chance.choice(person.life.live)
        reply = wire.ask("GlobalSignOut", AccessToken=sitting.access)
        return reply, person.life.signed_out()

    def delete(self, wire: Wire, person: Person) -> tuple[Reply, Life]:
        sitting = self._chance.choice(person.life.live)
        return wire.ask("DeleteUser", AccessToken=sitting.access), Life()

    def admin_delete(self, wire: Wire, person: Person) -> tuple[Reply, Life]:
        return wire.ask_as_root("AdminDeleteUser", **self._named(person)), Life()

    def _named(self, person: Person) -> dict[str, str]:
        return {"UserPoolId": self._place.pool, "Username": person.name}

    def _password(self) -> str:
        return f"Aa1!{self._chance.getrandbits(64):016x}"


def with_password(life: Life, password: str) -> Life:
    return Life(life.status, password, life.verified, life.sittings)


def signed_in(wire: Wire, place: Place, person: Person, life: Life) -> tuple[Reply, Life]:
    """A sign-in with the password of `life`."""
    reply = wire.ask(
        "InitiateAuth",
        ClientId=place.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": person.name, "PASSWORD": life.password},
    )
    tokens = reply.body.get("AuthenticationResult", {})
    return reply, life.signed_in(tokens.get("RefreshToken", ""), tokens.get("AccessToken", ""))


class Crowd:
    """Several clients at once."""

    def __init__(self, server: Server, place: Place, mailbox: Mailbox, seed: int) -> None:
        self._server = server
        self.clients = [
            Client(f"c{number}", place, mailbox, seed * 100 + number) for number in range(4)
        ]
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Crowd:
        self._over.clear()
        self._threads = [
            threading.Thread(target=client.work, args=(self._server.port, self._over))
            for client in self.clients
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Every request under way has its answer, or none will come."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        """Until so many more requests were acknowledged."""
        deadline, wanted = time.monotonic() + PATIENCE, self.acknowledged + more
        while self.acknowledged < wanted and not self.wrongs:
            assert time.monotonic() < deadline, "the server does no work"
            time.sleep(0.002)

    def wait_for_doubts(self, count: int) -> None:
        """Until of so many people nobody knows what became of their request."""
        deadline = time.monotonic() + PATIENCE
        while sum(person.doubt is not None for person in self.people) < count:
            assert time.monotonic() < deadline, "nothing fails"
            time.sleep(0.002)

    @property
    def people(self) -> list[Person]:
        return [person for client in self.clients for person in client.people]

    @property
    def acknowledged(self) -> int:
        return sum(client.acknowledged for client in self.clients)

    @property
    def wrongs(self) -> list[str]:
        return [wrong for client in self.clients for wrong in client.wrongs]
