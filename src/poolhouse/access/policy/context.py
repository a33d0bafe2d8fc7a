"""The facts of a request, as conditions and variables read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

_RESOURCE_TAG = "aws:resourcetag/"


class Context:
    """Condition keys and their values. Keys are compared without regard to case.

    `tags` are those of the resource. They are looked up when the first of them is asked for.
    """

    __slots__ = ("_facts", "_tags")

    def __init__(
        self,
        facts: Mapping[str, str | Sequence[str]],
        tags: Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        self._facts = {key.lower(): value for key, value in facts.items()}
        self._tags = tags

    def values(self, key: str) -> tuple[str, ...]:
        """The values of a lower-case key; none where it is absent."""
        value = self._value(key)
        if value is None:
            return ()
        return (value,) if isinstance(value, str) else tuple(value)

    def single(self, key: str) -> str | None:
        """The value of a lower-case key that has exactly one by its nature.

        AWS does not take multivalued keys for variables, however many values they have.
        """
        value = self._value(key)
        return value if isinstance(value, str) else None

    def __contains__(self, key: str) -> bool:
        return self._value(key) is not None

    def _value(self, key: str) -> str | Sequence[str] | None:
        if self._tags is not None and key.startswith(_RESOURCE_TAG):
            tags, self._tags = self._tags(), None
            for name, value in tags.items():
                self._facts.setdefault(_RESOURCE_TAG + name.lower(), value)
        return self._facts.get(key)
