"""Texts of a policy that may hold wildcards and variables.

A variable stands for a value that a user may have chosen, so it expands to literal text: neither
a star nor `${` in it means anything.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from poolhouse.access.policy.context import Context
from poolhouse.access.policy.malformed import MalformedPolicy
from poolhouse.access.policy.matching import Glob, Wild, glob_of

_WILDCARDS = {"*": Wild.ANY, "?": Wild.ONE}
_SPLIT = re.compile(r"([*?])")
_ARN_PARTS = 6


@dataclass(frozen=True, slots=True)
class Variable:
    """`${key}` or `${key, 'default'}`. The key is lower case."""

    key: str
    default: str | None

    def value(self, context: Context) -> str | None:
        value = context.single(self.key)
        if value is None and self.key not in context:
            return self.default
        return value


Token = str | Wild | Variable


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text with wildcards, and with variables where `fixed` is None."""

    tokens: tuple[Token, ...]
    fixed: Glob | None

    def glob(self, context: Context) -> Glob | None:
        """The pattern with its variables expanded, or None where one has no value."""
        if self.fixed is not None:
            return self.fixed
        expanded: list[str | Wild] = []
        for token in self.tokens:
            value = token.value(context) if isinstance(token, Variable) else token
            if value is None:
                return None
            expanded.append(value)
        return glob_of(expanded)

    def text(self, context: Context) -> str | None:
        """As `glob`, for a pattern that was read without wildcards."""
        values = [
            token.value(context) if isinstance(token, Variable) else token for token in self.tokens
        ]
        texts = [value for value in values if isinstance(value, str)]
        return "".join(texts) if len(texts) == len(values) else None


@dataclass(frozen=True, slots=True)
class ArnPattern:
    """A pattern for ARNs, part by part. No parts at all is `*`, which matches any text.

    `whole` is the pattern in one piece, where every star before the last part ends its part.
    """

    parts: tuple[Pattern, ...]
    whole: Pattern | None = None

    def matches(self, text: str, context: Context, *, across: bool = False) -> bool | None:
        """Whether the ARN fits; None where a variable has no value.

        The first five parts match separately, so a star in one does not reach into the next,
        unless `across`. A pattern of fewer parts ends in a star, and that one takes the rest (as
        IAM documents).
        """
        if not self.parts:
            return True
        globs = [part.glob(context) for part in self.parts]
        known = [glob for glob in globs if glob is not None]
        if len(known) != len(globs):
            return None
        if across and self.whole is not None:
            glob = self.whole.glob(context)
            if glob is not None and glob.matches(text):
                return True
        given = text.split(":", len(known) - 1)
        return len(given) == len(known) and all(
            glob.matches(part) for glob, part in zip(known, given, strict=True)
        )


def pattern_of(text: str, *, variables: bool, wildcards: bool = True) -> Pattern:
    """Raises MalformedPolicy where a variable is not closed or not well formed."""
    return _pattern(_tokens(text, variables, wildcards))


def arn_pattern_of(text: str, *, variables: bool) -> ArnPattern | None:
    """None where the text is neither `*` nor in ARN format."""
    if text and not text.strip("*"):
        return ArnPattern(())
    parts: list[list[Token]] = [[]]
    tokens = _tokens(text, variables, True)
    for token in tokens:
        if not isinstance(token, str):
            parts[-1].append(token)
            continue
        first, *others = token.split(":", _ARN_PARTS - len(parts))
        parts[-1].append(first)
        parts.extend([other] for other in others)
    short = len(parts) < _ARN_PARTS
    if parts[0] != ["arn"] or (short and parts[-1][-1] is not Wild.ANY):
        return None
    heads = [[token for token in part if token != ""] for part in parts[:-1]]
    ending = all(Wild.ANY not in head[:-1] for head in heads)
    return ArnPattern(tuple(_pattern(part) for part in parts), _pattern(tokens) if ending else None)


def _pattern(tokens: list[Token]) -> Pattern:
    constant = [token for token in tokens if not isinstance(token, Variable)]
    fixed = glob_of(constant) if len(constant) == len(tokens) else None
    return Pattern(tuple(tokens), fixed)


def _tokens(text: str, variables: bool, wildcards: bool) -> list[Token]:
    tokens: list[Token] = []
    start = 0
    while variables and (opened := text.find("${", start)) >= 0:
        closed = text.find("}", opened)
        if closed < 0:
            raise MalformedPolicy("A policy variable is not closed.")
        tokens += _plain(text[start:opened], wildcards)
        tokens.append(_variable(text[opened + 2 : closed]))
        start = closed + 1
    return tokens + _plain(text[start:], wildcards)


def _plain(text: str, wildcards: bool) -> list[Token]:
    if not wildcards:
        return [text] if text else []
    return [_WILDCARDS.get(part, part) for part in _SPLIT.split(text) if part]


def _variable(inner: str) -> Token:
    if inner in ("*", "?", "$"):
        return inner
    name, comma, rest = inner.partition(",")
    key, quoted = name.strip(), rest.strip()
    default = None
    if comma:
        if len(quoted) < 2 or quoted[0] != "'" or quoted[-1] != "'" or "'" in quoted[1:-1]:
            raise MalformedPolicy("The default value of a policy variable is not well formed.")
        default = quoted[1:-1]
    if not key or any(character in key for character in "${'\""):
        raise MalformedPolicy("A policy variable is not well formed.")
    return Variable(key.lower(), default)
