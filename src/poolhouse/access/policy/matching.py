"""Wildcards, in time that grows with the text and never with the ways to match it.

A pattern is cut at its stars. Pieces between stars have a fixed length, so each may be taken at the
first place it fits: there is nothing to go back on. A piece with `?` is found by the Shift-And
method (Baeza-Yates and Gonnet 1992), one step a character.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto


class Wild(Enum):
    ANY = auto()
    """`*`: any characters, none included."""
    ONE = auto()
    """`?`: exactly one character."""


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern, anchored at both ends. Its chunks are what stands between the stars."""

    chunks: tuple[_Chunk, ...]

    def matches(self, text: str) -> bool:
        first, last = self.chunks[0], self.chunks[-1]
        if len(self.chunks) == 1:
            return len(text) == first.length and first.fits(text, 0)
        end = len(text) - last.length
        if first.length > end or not first.fits(text, 0) or not last.fits(text, end):
            return False
        position = first.length
        for chunk in self.chunks[1:-1]:
            position = chunk.after(text, position, end)
            if position < 0:
                return False
        return True


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Text without a star; None stands for one character, whichever it is."""

    pieces: tuple[str | None, ...]
    length: int

    def fits(self, text: str, at: int) -> bool:
        for piece in self.pieces:
            if piece is None:
                at += 1
            elif text.startswith(piece, at):
                at += len(piece)
            else:
                return False
        return True

    def after(self, text: str, start: int, end: int) -> int:
        """Where the first fit between `start` and `end` ends, or -1."""
        if len(self.pieces) == 1 and self.pieces[0] is not None:
            found = text.find(self.pieces[0], start, end)
            return found + self.length if found >= 0 else -1
        return self._shift_and(text, start, end)

    def _shift_and(self, text: str, start: int, end: int) -> int:
        anywhere, places = self._places()
        state, whole = 0, 1 << (self.length - 1)
        for index in range(start, end):
            state = ((state << 1) | 1) & (anywhere | places.get(text[index], 0))
            if state & whole:
                return index + 1
        return -1

    def _places(self) -> tuple[int, dict[str, int]]:
        """The positions, as bits, where any character may stand, and where each one may."""
        anywhere, bit = 0, 1
        places: dict[str, int] = {}
        for piece in self.pieces:
            if piece is None:
                anywhere |= bit
                bit <<= 1
                continue
            for character in piece:
                places[character] = places.get(character, 0) | bit
                bit <<= 1
        return anywhere, places


def glob_of(tokens: Iterable[str | Wild]) -> Glob:
    """The pattern made of literal texts and wildcards. A text is literal whatever it holds."""
    chunks: list[list[str | None]] = [[]]
    for token in tokens:
        if token is Wild.ANY:
            if len(chunks) == 1 or chunks[-1]:
                chunks.append([])
        elif isinstance(token, str):
            _join(chunks[-1], token)
        else:
            chunks[-1].append(None)
    return Glob(tuple(_chunk(pieces) for pieces in chunks))


def _join(pieces: list[str | None], text: str) -> None:
    if pieces and (before := pieces[-1]) is not None:
        pieces[-1] = before + text
    elif text:
        pieces.append(text)


def _chunk(pieces: list[str | None]) -> _Chunk:
    return _Chunk(tuple(pieces), sum(1 if piece is None else len(piece) for piece in pieces))
