"""Temporary passwords that the server makes up."""

from __future__ import annotations

import string

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.passwords.rules import check, policy_of
from poolhouse.userpools.pools.rows import Pool

LENGTH = 16

# Read from a mail and typed by hand: nothing that looks like something else, no symbol that means
# something to HTML, and none at either end, where it would look like the sentence's own.
_PLAIN = "".join(c for c in string.ascii_letters + string.digits if c not in "0O1lI")
_ALPHABET = _PLAIN + "!#$%*+-=?@_"


def generated(pool: Pool) -> str:
    """A password that the pool's policy accepts, drawn evenly from all such of 16
    characters, or of more where the policy asks for more."""
    length = max(LENGTH, policy_of(pool).minimum_length or 0)
    while True:
        middle = "".join(_one(_ALPHABET) for _ in range(length - 2))
        drawn = _one(_PLAIN) + middle + _one(_PLAIN)
        try:
            check(pool, drawn)
        except idp.InvalidPasswordException:
            continue
        return drawn


def _one(alphabet: str) -> str:
    return alphabet[int.from_bytes(ids.octets(8)) % len(alphabet)]
