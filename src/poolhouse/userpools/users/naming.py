"""What counts as the same name: one canonical form keys look-ups, uniqueness and limits."""

from __future__ import annotations

import unicodedata

import regex

from poolhouse.userpools.pools.rows import Pool

LONGEST_SEARCH_KEY = 512  # an index entry of PostgreSQL holds 2,700 octets

# Characters that show nothing: zero-width marks, variation selectors, Hangul fillers.
_INVISIBLE = regex.compile(r"\p{Default_Ignorable_Code_Point}+")


def fold(text: str) -> str:
    """NFKC, case-folded, and without what cannot be seen: how searches compare.
    Source: NFKC_Casefold, The Unicode Standard, 3.13."""
    if text.isascii():
        return text.lower()
    return _compatible(_compatible(text).casefold())


def search_key(value: str) -> str:
    """What an attribute is found by. Of a very long value its beginning."""
    return fold(value)[:LONGEST_SEARCH_KEY]


def key_of(pool: Pool, text: str) -> str:
    """The canonical form of a user name or alias in this pool. Compatibility forms are one name
    always; case counts only where the pool says so (UsernameConfiguration)."""
    return _compatible(text) if pool.case_sensitive else fold(text)


def plain(pool: Pool, text: str) -> str:
    """How a user name that was typed like this is stored."""
    found = _compatible(text)
    return found if pool.case_sensitive else found.lower()


def _compatible(text: str) -> str:
    if text.isascii():
        return text
    seen = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFKC", seen)
