"""The facts of a request, as conditions and variables read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Context:
    """Condition keys and their values. Keys are compared without regard to case."""

    __slots__ = ("_facts",)

    def __init__(self, facts: Mapping[str, str | Sequence[str]]) -> None:
        self._facts = {key.lower(): value for key, value in facts.items()}

    def values(self, key: str) -> tuple[str, ...]:
        """The values of a lower-case key; none where it is absent."""
        value = self._facts.get(key)
        if value is None:
            return ()
        return (value,) if isinstance(value, str) else tuple(value)

    def single(self, key: str) -> str | None:
        """The value of a lower-case key that has exactly one by its nature.

        AWS does not take multivalued keys for variables, however many values they have.
        """
        value = self._facts.get(key)
        return value if isinstance(value, str) else None

    def __contains__(self, key: str) -> bool:
        return key in self._facts
