"""What became of the crowd's writes: nothing acknowledged may be lost, nothing half done, nothing
that was revoked may live again."""

from __future__ import annotations

import random
import time
from collections import Counter

from sqlalchemy import Connection, Engine, Table, create_engine, func, inspect, select, text
from sqlalchemy.pool import NullPool

from poolhouse.storage.outbox import messages
from poolhouse.userpools.codes.rows import codes
from poolhouse.userpools.passwords.rows import passwords
from poolhouse.userpools.tokens.rows import sessions
from poolhouse.userpools.users.rows import CONFIRMED, user_aliases, user_search, users
from tests.faults.crowd import Crowd, Place, signed_in, with_password
from tests.faults.lives import Life, Person, Rows
from tests.support.server import Server
from tests.support.signing_in import SrpClient
from tests.support.wire import Wire

SAMPLE = 12
_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class Inspector:
    """Looks at a database that nobody writes to now, and asks the server that runs on it.

    It holds no connection between two looks: while another process had the file open, SQLite
    would not have to recover it after a kill.
    """

    def __init__(self, server: Server, database_url: str, place: Place) -> None:
        self._server = server
        self._url = database_url
        self._place = place

    def settle(self, crowd: Crowd, *, everybody: bool = False) -> None:
        """Asserts that every life is as it was acknowledged, and settles what was in doubt."""
        assert not crowd.wrongs, crowd.wrongs
        engine = create_engine(self._url, poolclass=NullPool)
        with engine.connect() as connection:
            _sound(engine, connection)
            found = _rows(connection, self._place.pool)
            letters = _letters(connection, self._place.pool)
        expected = {person.name for person in crowd.people}
        assert set(found) <= expected, f"nobody signed these up: {set(found) - expected}"
        for person in crowd.people:
            self._settle_rows(person, found.get(person.name, Rows()))
        # Sign-up and the message that tells the code: both or neither.
        assert letters == sum(person.existed for person in crowd.people)
        with Wire(self._server.port) as wire:
            for person in crowd.people:
                if person.doubt is not None:
                    self._settle_password(wire, person)
            self._ask_around(wire, crowd.people, everybody)

    def wait_for_sessions_to_end(self) -> None:
        """Before a killed server starts again: what it had sent to PostgreSQL may still be under
        way there, and would change rows after they were looked at."""
        engine = create_engine(self._url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        while engine.dialect.name == "postgresql":
            with engine.connect() as connection:
                if not connection.execute(_OTHERS).scalar_one():
                    return
            time.sleep(0.01)

    def _settle_rows(self, person: Person, rows: Rows) -> None:
        """Leaves a doubt that rows cannot settle: two lives that differ in the password."""
        lives = [person.life, *([person.doubt] if person.doubt else [])]
        rows = rows.seen_by(set().union(*(life.hashes for life in lives)))
        possible = [life for life in lives if life.rows == rows]
        assert possible, f"{person.name} is {rows}, should be {[life.rows for life in lives]}"
        if len(possible) == 1:
            person.life, person.doubt = possible[0], None
        person.existed = person.existed or bool(rows.status)

    def _settle_password(self, wire: Wire, person: Person) -> None:
        """One of two passwords is right, for a plain sign-in as for SRP."""
        assert person.doubt is not None
        before, after = person.life, person.doubt
        person.doubt = None
        if before == after:
            return
        assert before.sittings == after.sittings, f"{person.name}: {before} or {after}"
        now = [life for life in (after, before) if self._lets_in(wire, person, life)]
        assert len(now) == 1, f"{person.name} has {len(now)} passwords"
        assert self._lets_in_by_srp(wire, person, now[0].password)

    def _lets_in(self, wire: Wire, person: Person, life: Life) -> bool:
        reply, after = signed_in(wire, self._place, person, life)
        assert reply.ok or reply.code == "NotAuthorizedException", reply
        if reply.ok:
            person.life = after
        return reply.ok

    def _lets_in_by_srp(self, wire: Wire, person: Person, password: str) -> bool:
        srp = SrpClient(self._place.pool, person.name, password)
        client = self._place.client
        asked = {"USERNAME": person.name, "SRP_A": f"{srp.big_a:x}"}
        begun = wire.ask(
            "InitiateAuth", ClientId=client, AuthFlow="USER_SRP_AUTH", AuthParameters=asked
        )
        reply = wire.ask(
            "RespondToAuthChallenge",
            ClientId=client,
            ChallengeName="PASSWORD_VERIFIER",
            ChallengeResponses=srp.answer(begun.body["ChallengeParameters"]),
        )
        if reply.ok:
            tokens = reply.body["AuthenticationResult"]
            signed = person.life.signed_in(tokens["RefreshToken"], tokens["AccessToken"])
            person.life = signed
        return reply.ok

    def _ask_around(self, wire: Wire, people: list[Person], everybody: bool) -> None:
        """Whether the server sees it the same way: passwords work, revoked tokens do not."""
        chosen = people if everybody else random.sample(people, min(SAMPLE, len(people)))
        for person in chosen:
            if person.life.status == CONFIRMED:
                assert self._lets_in(wire, person, person.life), f"{person.name}'s password"
                wrong = with_password(person.life, "Wrong-Password-1!")
                assert not self._lets_in(wire, person, wrong)
            for sitting in person.life.sittings:
                if sitting.refresh:
                    self._tokens_are(wire, sitting.refresh, sitting.access, not sitting.revoked)

    def _tokens_are(self, wire: Wire, refresh: str, access: str, good: bool) -> None:
        replies = [
            wire.ask("GetUser", AccessToken=access),
            wire.ask(
                "InitiateAuth",
                ClientId=self._place.client,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": refresh},
            ),
        ]
        wanted = "" if good else "NotAuthorizedException"
        assert [reply.code for reply in replies] == [wanted, wanted], replies


def _rows(connection: Connection, pool: str) -> dict[str, Rows]:
    """By user name."""
    found: dict[str, Rows] = {}
    names: dict[str, str] = {}
    for row in connection.execute(select(users).where(users.c.pool_id == pool)):
        verified = row.attributes.get("email_verified") == "true"
        found[row.username] = Rows(status=row.status, verified=verified)
        names[row.sub] = row.username
    for field, table in {
        "passwords": passwords,
        "aliases": user_aliases,
        "searched": user_search,
        "codes": codes,
    }.items():
        for sub, count in _counted(connection, table, pool).items():
            assert sub in names, f"{table.name} of nobody: {sub}"
            setattr(found[names[sub]], field, count)
    for row in connection.execute(select(sessions).where(sessions.c.pool_id == pool)):
        rows = found[names[row.sub]]
        rows.revoked[row.refresh_hash] = row.revoked_at is not None
    return found


def _counted(connection: Connection, table: Table, pool: str) -> Counter[str]:
    of_pool = table.c.pool_id == pool
    statement = select(table.c.sub, func.count()).where(of_pool).group_by(table.c.sub)
    if table is codes:  # rows that only count wrong guesses have no code
        statement = statement.where(func.length(codes.c.mac) > 0)
    return Counter({row[0]: row[1] for row in connection.execute(statement)})


def _letters(connection: Connection, pool: str) -> int:
    statement = select(func.count()).where(messages.c.pool_id == pool)
    return connection.execute(statement).scalar_one()


def _sound(engine: Engine, connection: Connection) -> None:
    """The file is whole, and no row hangs on one that is gone. PostgreSQL sees to that itself,
    so there the tables are only read through."""
    if engine.dialect.name == "sqlite":
        assert connection.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    else:
        for name in inspect(connection).get_table_names():
            connection.execute(text(f'SELECT * FROM "{name}"')).all()
