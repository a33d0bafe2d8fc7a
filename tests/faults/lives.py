"""What clients know of the users they made, and what the database must hold of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from poolhouse.userpools.users.rows import CONFIRMED, UNCONFIRMED


@dataclass(frozen=True)
class Sitting:
    """A sign-in. Without a refresh token it is one whose answer never arrived."""

    refresh: str = ""
    access: str = ""
    revoked: bool = False


@dataclass(frozen=True)
class Life:
    """The state of one user. `status` is empty where there is no such user."""

    status: str = ""
    password: str = ""
    verified: bool = False
    sittings: tuple[Sitting, ...] = ()

    def signed_up(self, password: str) -> Life:
        return Life(UNCONFIRMED, password)

    def confirmed(self, *, verified: bool) -> Life:
        return replace(self, status=CONFIRMED, verified=verified)

    def signed_in(self, refresh: str = "", access: str = "") -> Life:
        return replace(self, sittings=(*self.sittings, Sitting(refresh, access)))

    def without(self, ended: Sitting) -> Life:
        """With one sign-in revoked."""
        return self._mapped(lambda one: one is ended)

    def signed_out(self) -> Life:
        return self._mapped(lambda _: True)

    def _mapped(self, ends: Callable[[Sitting], bool]) -> Life:
        after = tuple(replace(s, revoked=True) if ends(s) else s for s in self.sittings)
        return replace(self, sittings=after)

    @property
    def hashes(self) -> set[str]:
        return {hash_of(one.refresh) for one in self.sittings if one.refresh}

    @property
    def live(self) -> list[Sitting]:
        return [one for one in self.sittings if one.refresh and not one.revoked]

    @property
    def rows(self) -> Rows:
        """What the database holds of this life: all of it, and nothing else."""
        if not self.status:
            return Rows()
        return Rows(
            status=self.status,
            passwords=1,
            verified=self.verified,
            aliases=int(self.verified),
            searched=1,
            codes=int(self.status == UNCONFIRMED),
            revoked={hash_of(one.refresh): one.revoked for one in self.sittings if one.refresh},
            unknown=Counter(one.revoked for one in self.sittings if not one.refresh),
        )


@dataclass
class Rows:
    """The rows of one user. `revoked` is by the hash of a refresh token that a client has;
    `unknown` counts sessions of which no client has one."""

    status: str = ""
    passwords: int = 0
    verified: bool = False
    aliases: int = 0
    searched: int = 0
    codes: int = 0
    revoked: dict[str, bool] = field(default_factory=dict)
    unknown: Counter[bool] = field(default_factory=Counter)

    def seen_by(self, holders: set[str]) -> Rows:
        """The same, where the clients have the refresh tokens of these hashes."""
        kept = {key: ended for key, ended in self.revoked.items() if key in holders}
        others = Counter(ended for key, ended in self.revoked.items() if key not in holders)
        return replace(self, revoked=kept, unknown=others)


@dataclass
class Person:
    """A user of one client thread. `doubt` is the other life they may have, after a request of
    which nobody knows what became of it; until that is settled they are left in peace."""

    name: str
    life: Life = field(default_factory=Life)
    doubt: Life | None = None
    existed: bool = False

    @property
    def address(self) -> str:
        return f"{self.name}@example.com"


def hash_of(refresh_token: str) -> str:
    return hashlib.sha256(refresh_token.encode()).hexdigest()
