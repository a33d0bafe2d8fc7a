from __future__ import annotations

import sys
from itertools import product
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.access.policy import matching
from poolhouse.access.policy.context import Context
from poolhouse.access.policy.patterns import pattern_of


def matches(pattern: str, text: str) -> bool:
    fixed = pattern_of(pattern, variables=False).fixed
    assert fixed is not None
    return fixed.matches(text)


def naive(pattern: str, text: str) -> bool:
    """The definition, with every way to match tried."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(naive(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and naive(pattern[1:], text[1:])


def words(alphabet: str, longest: int) -> list[str]:
    return ["".join(word) for size in range(longest + 1) for word in product(alphabet, repeat=size)]


def test_every_short_pattern_matches_exactly_what_its_definition_says() -> None:
    """IAM-02"""
    texts = words("ab", 4)
    for pattern in words("ab?*", 5):
        found = [text for text in texts if matches(pattern, text)]
        assert found == [text for text in texts if naive(pattern, text)], pattern


@settings(max_examples=800, deadline=None)
@given(st.data())
def test_a_pattern_made_from_a_text_matches_as_its_definition_says(data: st.DataObject) -> None:
    """IAM-02"""
    text = data.draw(st.text("ab", max_size=10))
    pattern = "".join(data.draw(st.sampled_from([char, char, "?", "*", ""])) for char in text)
    for candidate in (text, text[1:], text[:-1], text[::-1]):
        assert matches(pattern, candidate) == naive(pattern, candidate)


@settings(max_examples=500, deadline=None)
@given(st.text("a.?*[]()+\\^$|{}é\n", max_size=8), st.text("a.[]()+\\^$|{}é\n", max_size=8))
def test_only_star_and_question_mark_are_special(pattern: str, text: str) -> None:
    """IAM-02"""
    assert matches(pattern, text) == naive(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("*", "", True),
        ("?", "", False),
        ("a", "ab", False),
        ("a", "ba", False),
        ("*", "a/b:c\nd", True),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*a?b*", "xxa-byy", True),
        ("*a?b?c*", "a-b-b-b-c", False),
        ("*a?b?c*", "a-b-a-b-c", True),
        ("**?**", "", False),
        ("**?**", "x", True),
        ("A", "a", False),
        ("*ab*ba*", "aba", False),
        ("*a?*?a*", "a-a", False),
    ],
)
def test_patterns_are_anchored_and_keep_case(pattern: str, text: str, expected: bool) -> None:
    """IAM-02"""
    assert matches(pattern, text) is expected


def steps(pattern: str, text: str) -> int:
    """Lines of the matcher that run for one match, the reading of the pattern left out."""
    fixed = pattern_of(pattern, variables=False).fixed
    assert fixed is not None
    count = 0

    def each_line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return each_line

    def each_call(frame: FrameType, event: str, argument: Any) -> Any:
        return each_line if frame.f_code.co_filename == matching.__file__ else None

    before = sys.gettrace()
    sys.settrace(each_call)
    try:
        assert not fixed.matches(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "unit", ["a*", "*a", "a?", "?*", "*a?a", "a*a*?", "*?a*"], ids="p{0}".format
)
def test_work_grows_with_the_sizes_and_not_with_the_ways_to_match(unit: str) -> None:
    """IAM-02: patterns on which a backtracking matcher takes exponential time."""
    pattern, text = "*" + unit * 500 + "?b*", "a" * 3000
    made = steps(pattern, text)
    assert len(text) < made <= 10 * (len(pattern) + len(text))


def test_a_variable_that_expands_to_much_text_costs_no_more() -> None:
    """IAM-02"""
    pattern = pattern_of("*${aws:username}?b*", variables=True)
    glob = pattern.glob(Context({"aws:username": "a*" * 2000}))
    assert glob is not None
    assert not glob.matches("a*" * 25_000)
    assert glob.matches("a*" * 25_000 + "?b")
