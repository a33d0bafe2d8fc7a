"""Why a message did not leave."""

from __future__ import annotations


class Undelivered(Exception):
    """The message was not taken. `trouble` is one line without its contents; `for_good`: it
    never will be. `after`: seconds that the other side asked to be left alone. `whole`: it is
    the other side that is in trouble, so other messages need not be tried now."""

    def __init__(
        self,
        trouble: str,
        *,
        for_good: bool = False,
        after: float | None = None,
        whole: bool = False,
    ) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.for_good = for_good
        self.after = after
        self.whole = whole
