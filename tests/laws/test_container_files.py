"""Dockerfile and docker-compose.yml, read without an engine: closed, pinned, and no secrets."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import yaml

from tests.laws.source import ROOT

SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY\b|KEY$", re.IGNORECASE)


@dataclass
class Stage:
    """One FROM and what follows it: instruction words and their arguments, in order."""

    image: str
    name: str = ""
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        return [argument for found, argument in self.steps if found == word]

    def environment(self) -> dict[str, str]:
        pairs = (pair for line in self.all("ENV") for pair in line.split())
        return dict(pair.split("=", 1) for pair in pairs)


def stages(text: str) -> list[Stage]:
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    found: list[Stage] = []
    for line in lines.replace("\\\n", " ").splitlines():
        word, _, argument = line.strip().partition(" ")
        if word == "FROM":
            image, _, name = argument.partition(" AS ")
            found.append(Stage(image.strip(), name.strip()))
        elif word:
            found[-1].steps.append((word.upper(), argument.strip()))
    return found


def bad_habits(text: str) -> Iterator[str]:
    """What a Dockerfile linter would say, as far as it matters here."""
    found = stages(text)
    names = {stage.name for stage in found if stage.name}
    for stage in found:
        if stage.image not in names and (":" not in stage.image or stage.image.endswith(":latest")):
            yield f"{stage.image} has no version"
        for word, argument in stage.steps:
            yield from _bad_step(word, argument, names)
    last = found[-1]
    user = (last.all("USER") or ["root"])[-1].partition(":")[0]
    if not user.isdigit() or int(user) == 0:
        yield f"runs as {user}: name a number other than 0"
    for word in ("ENTRYPOINT", "CMD", "HEALTHCHECK"):
        if len(last.all(word)) != 1:
            yield f"the last stage needs one {word}"
    for word in ("ENTRYPOINT", "CMD"):
        yield from (f"{word} through a shell" for line in last.all(word) if line[:1] != "[")


def _bad_step(word: str, argument: str, names: set[str]) -> Iterator[str]:
    if word == "ADD":
        yield "ADD fetches and unpacks: COPY"
    if word in ("ENV", "ARG") and SECRET_NAME.search(argument):
        yield f"a secret in {word} stays in the image"
    if word == "RUN" and re.search(r"\bsudo\b|curl|wget|chmod 777", argument):
        yield f"RUN {argument[:60]}"
    if word == "RUN" and "pip install" in argument:
        if "--require-hashes" not in argument and "--no-index" not in argument:
            yield "pip install without hashes"
    if word == "COPY" and (start := re.search(r"--from=(\S+)", argument)):
        if start[1] not in names:
            yield f"COPY from {start[1]}, which is no stage"
    if word == "WORKDIR" and not argument.startswith("/"):
        yield "WORKDIR is relative"


def soft_spots(compose: dict[str, Any]) -> Iterator[str]:
    """Where a service of the compose file is less closed than it could be."""
    for name, service in compose["services"].items():
        expected = {
            "read_only": True,
            "cap_drop": ["ALL"],
            "privileged": None,
            "network_mode": None,
        }
        for key, value in expected.items():
            if service.get(key) != value:
                yield f"{name}: {key} is {service.get(key)!r}"
        if "no-new-privileges:true" not in service.get("security_opt", []):
            yield f"{name}: may gain privileges"
        if "/tmp" not in service.get("tmpfs", []):
            yield f"{name}: no place for temporary files"
        if not service.get("healthcheck", {}).get("test"):
            yield f"{name}: no healthcheck"
        image = service["image"]
        if "build" not in service and (":" not in image or image.endswith(":latest")):
            yield f"{name}: {image} has no version"
        for port in service.get("ports", []):
            if not str(port).startswith("127.0.0.1:"):
                yield f"{name}: port {port} is open to the network"
        yield from _spoken_secrets(name, service.get("environment", {}))


def _spoken_secrets(name: str, environment: dict[str, Any]) -> Iterator[str]:
    for key, value in environment.items():
        from_outside = re.fullmatch(r"\$\{\w+(:?[-?][^}]*)?\}", str(value))
        if SECRET_NAME.search(key) and not from_outside:
            yield f"{name}: {key} is written down"
        if re.search(r"://[^/@:]+:[^@]+@", str(value)):
            yield f"{name}: {key} holds a password"


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


def compose_file() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_the_dockerfile_has_no_bad_habits() -> None:
    assert list(bad_habits(dockerfile())) == []


def test_the_image_runs_poolhouse_as_a_plain_user_who_writes_to_data_only() -> None:
    last = stages(dockerfile())[-1]
    assert last.all("USER") == ["10001:10001"]
    assert last.all("EXPOSE") == ["8000"]
    assert [json.loads(line) for line in last.all("ENTRYPOINT")] == [["poolhouse"]]
    assert [json.loads(line) for line in last.all("CMD")] == [["serve"]]
    assert [json.loads(line) for line in last.all("VOLUME")] == [["/data"]]
    expected = {"POOLHOUSE_HOST": "0.0.0.0", "POOLHOUSE_DATA_DIR": "/data"}
    assert expected.items() <= last.environment().items()
    assert last.environment()["PYTHONDONTWRITEBYTECODE"] == "1"
    # Bytecode is compiled where the file system can still be written to.
    assert all("--compile" in line for line in _installs("/opt/poolhouse"))


def _installs(venv: str) -> list[str]:
    runs = [line for stage in stages(dockerfile()) for line in stage.all("RUN")]
    steps = (step for line in runs for step in line.split("&&"))
    return [step for step in steps if f"{venv}/bin/python -m pip install" in step]


def test_all_that_the_image_is_made_of_reaches_the_engine() -> None:
    """What is copied exists, and .dockerignore lets it through and nothing else."""
    ignored = (ROOT / ".dockerignore").read_text().split("\n")
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        name
        for stage in stages(dockerfile())
        for line in stage.all("COPY")
        if "--from=" not in line
        for name in line.split()[:-1]
    }
    assert "*" in ignored
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_healthcheck_believes_the_answer_of_the_server(status: int, code: int) -> None:
    line = stages(dockerfile())[-1].all("HEALTHCHECK")[0]
    assert run_healthcheck(json.loads(line.partition(" CMD ")[2]), status) == code


def run_healthcheck(command: list[str], status: int) -> int:
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        port = {"POOLHOUSE_PORT": str(server.server_port), "http_proxy": "http://127.0.0.1:9"}
        told = subprocess.run(
            [sys.executable, *command[1:]],
            env={**os.environ, **port},
            capture_output=True,
            check=False,
            timeout=30,
        )
    assert asked == ["/health/ready"]
    return told.returncode


def test_every_service_is_closed_as_far_as_it_can_be() -> None:
    assert list(soft_spots(compose_file())) == []


def test_the_default_is_postgresql_with_a_mail_catcher_and_a_profile_is_sqlite_alone() -> None:
    services = compose_file()["services"]
    default = {name for name, service in services.items() if "profiles" not in service}
    assert default == {"poolhouse", "postgres", "mail"}
    alone = services["poolhouse-sqlite"]
    assert alone["profiles"] == ["sqlite"]
    assert "depends_on" not in alone
    assert "POOLHOUSE_DATABASE_URL" not in alone["environment"]


def test_poolhouse_waits_until_what_it_needs_is_healthy() -> None:
    waits = compose_file()["services"]["poolhouse"]["depends_on"]
    assert {name: wait["condition"] for name, wait in waits.items()} == {
        "postgres": "service_healthy",
        "mail": "service_healthy",
    }


def test_what_must_last_lies_in_named_volumes() -> None:
    compose = compose_file()
    used = {line for service in compose["services"].values() for line in service.get("volumes", [])}
    assert {line.partition(":")[0] for line in used} == set(compose["volumes"])
    assert {"data:/data", "postgres:/var/lib/postgresql/data"} <= used


GOOD = """\
FROM python:3.11 AS build
FROM python:3.11
USER 10001
HEALTHCHECK CMD ["true"]
ENTRYPOINT ["poolhouse"]
CMD ["serve"]
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("FROM python:3.11\n", "FROM python\n"),
        ("FROM python:3.11\n", "FROM python:latest\n"),
        ("USER 10001\n", ""),
        ("USER 10001\n", "USER poolhouse\n"),
        ("USER 10001\n", "USER 0:0\n"),
        ("USER 10001\n", "USER 10001\nADD https://example.test/x /x\n"),
        ("USER 10001\n", "USER 10001\nENV DB_PASSWORD=x\n"),
        ("USER 10001\n", "USER 10001\nRUN true \\\n && pip install x\n"),
        ("USER 10001\n", "USER 10001\nCOPY --from=other /x /x\n"),
        ("USER 10001\n", "USER 10001\nWORKDIR x\n"),
        ('CMD ["true"]', "CMD true\nHEALTHCHECK NONE"),
        ('CMD ["serve"]', "CMD serve"),
    ],
)
def test_a_bad_habit_is_seen(right: str, wrong: str) -> None:
    assert not list(bad_habits(GOOD))
    assert list(bad_habits(GOOD.replace(right, wrong, 1)))


@pytest.mark.parametrize(
    "change",
    [
        {"read_only": False},
        {"cap_drop": []},
        {"privileged": True},
        {"security_opt": []},
        {"tmpfs": []},
        {"healthcheck": {}},
        {"image": "postgres"},
        {"image": "postgres:latest"},
        {"ports": ["8000:8000"]},
        {"environment": {"POSTGRES_PASSWORD": "poolhouse"}},
        {"environment": {"X": "postgresql://poolhouse:secret@postgres/x"}},
    ],
)
def test_a_soft_spot_is_seen(change: dict[str, Any]) -> None:
    service = compose_file()["services"]["postgres"]
    assert not list(soft_spots({"services": {"postgres": service}}))
    assert list(soft_spots({"services": {"postgres": {**service, **change}}}))
