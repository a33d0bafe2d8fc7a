from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files
from urllib.parse import urljoin

import pytest

from tests.support.house import ENDPOINT, TestHouse

PAGE = f"{ENDPOINT}/docs"


class Reading(HTMLParser):
    """Elements with their attributes, and the text directly in scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self._within = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        self._within = tag

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in ("script", "style"):
            self.inline += data.strip()


def page(house: TestHouse) -> tuple[dict[str, str], Reading]:
    status, fields, body = house.request("GET", PAGE)
    assert status == 200
    assert fields["content-type"] == "text/html; charset=utf-8"
    return fields, Reading(body.decode())


def test_the_policy_lets_nothing_in_but_the_pages_own_files(sqlite_house: TestHouse) -> None:
    fields, _ = page(sqlite_house)
    policy = dict(
        part.strip().split(" ", 1) for part in fields["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in fields["content-security-policy"]


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere(sqlite_house: TestHouse) -> None:
    _, reading = page(sqlite_house)
    assert reading.inline == ""
    for tag, attributes in reading.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href"):
            target = attributes.get(name) or ""
            assert "//" not in target, tag


def test_the_files_that_the_page_names_are_served(sqlite_house: TestHouse) -> None:
    _, reading = page(sqlite_house)
    wanted = {"docs/docs.css": "text/css", "docs/docs.js": "text/javascript"}
    named = {
        attributes.get("src") or attributes.get("href")
        for tag, attributes in reading.elements
        if tag in ("script", "link")
    }
    assert set(wanted) <= named
    for name, kind in wanted.items():
        status, fields, body = sqlite_house.request("GET", urljoin(PAGE, name))
        assert status == 200
        assert fields["content-type"].startswith(kind)
        assert body


@pytest.mark.parametrize(
    "path",
    [
        "../pyproject.toml",
        "..%2f..%2fpage.html",
        "%2e%2e/routes.py",
        "....//routes.py",
        "/etc/passwd",
        "docs.css/../routes.py",
        "docs.css%00.js",
        "..\\routes.py",
        ".",
    ],
)
def test_nothing_else_of_the_folder_is_served(sqlite_house: TestHouse, path: str) -> None:
    """NET-04"""
    status, _, _ = sqlite_house.request("GET", f"{PAGE}/{path}")
    assert status == 404


def test_a_file_is_sent_whole_whatever_ranges_are_asked_for(sqlite_house: TestHouse) -> None:
    """NET-04"""
    address = f"{PAGE}/docs.js"
    whole = sqlite_house.request("GET", address)
    ranges = "bytes=" + ",".join(f"{start}-" for start in range(1000))
    for asked in ("bytes=0-0", "bytes=-1", ranges):
        assert sqlite_house.request("GET", address, {"range": asked}) == whole


def test_the_script_never_turns_text_into_html() -> None:
    """SES-08: what a summary or a message says is shown, never run."""
    script = (files("poolhouse.doors.docs") / "static" / "docs.js").read_text(encoding="utf-8")
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
    ):
        assert word not in script


def test_the_page_can_be_read_without_seeing_or_pointing(sqlite_house: TestHouse) -> None:
    _, reading = page(sqlite_house)
    tags = {tag for tag, _ in reading.elements}
    assert {"main", "nav", "header", "noscript"} <= tags
    attributes = dict(reading.elements)
    assert attributes["html"]["lang"] == "en"
    assert attributes["nav"]["aria-label"]
    labelled = {a.get("for") for tag, a in reading.elements if tag == "label"}
    inputs = {a.get("id") for tag, a in reading.elements if tag == "input"}
    assert inputs
    assert inputs <= labelled
    first = next(a for tag, a in reading.elements if tag == "a")
    assert first == {"class": "skip", "href": "#main"}


def test_the_style_knows_light_and_dark() -> None:
    style = (files("poolhouse.doors.docs") / "static" / "docs.css").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in style
    assert ":focus-visible" in style
    light, dark = (set(re.findall(r"(--[a-z-]+):", part)) for part in _schemes(style))
    assert dark == light - {"--mono"}


def _schemes(style: str) -> tuple[str, str]:
    light, _, rest = style.partition("@media (prefers-color-scheme: dark)")
    return light, rest.partition("* {")[0]
