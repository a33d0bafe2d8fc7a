from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from poolhouse.doors.health import processes
from poolhouse.doors.health.metrics import MOST_SERIES, OTHER, Metrics, Stock
from poolhouse.kernel.unit import Unit
from poolhouse.storage.outbox import Message
from poolhouse.userpools.signing.store import SigningKeys
from tests.doors.furnishing import add_pool
from tests.support.house import ENDPOINT, TestHouse

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(page: bytes) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def of(page: Samples, name: str, **labels: str) -> float:
    return page[name, frozenset(labels.items())]


def test_answers_are_counted_by_operation_and_error_code() -> None:
    metrics = Metrics(["cognito-idp:SignUp"], lambda: 0)
    for seconds in (0.002, 0.02, 0.2):
        metrics.observe("cognito-idp:SignUp", "", seconds)
    metrics.observe("cognito-idp:SignUp", "UsernameExistsException", 3.0)
    page = parsed(metrics.page(None))
    operation = "cognito-idp:SignUp"
    count = "poolhouse_requests_total"
    assert of(page, count, operation=operation, code="") == 3
    assert of(page, count, operation=operation, code="UsernameExistsException") == 1
    bucket = "poolhouse_request_seconds_bucket"
    assert of(page, bucket, operation=operation, le="0.0025") == 1
    assert of(page, bucket, operation=operation, le="0.25") == 3
    assert of(page, bucket, operation=operation, le="+Inf") == 4
    assert of(page, "poolhouse_request_seconds_sum", operation=operation) == pytest.approx(3.222)


def test_no_caller_can_add_a_series() -> None:
    """NET-07: a million names would be one label."""
    metrics = Metrics(["cognito-idp:SignUp"], lambda: 0)
    for number in range(3000):
        metrics.observe(f"cognito-idp:Invented{number}", "UnknownOperationException", 0.001)
    page = parsed(metrics.page(None))
    operations = {dict(labels).get("operation") for _, labels in page} - {None}
    assert operations == {OTHER}
    counted = of(
        page, "poolhouse_requests_total", operation=OTHER, code="UnknownOperationException"
    )
    assert counted == 3000
    assert len(metrics._bound) == 1


def test_even_codes_are_bounded() -> None:
    """NET-07"""
    metrics = Metrics(["cognito-idp:SignUp"], lambda: 0)
    for number in range(MOST_SERIES + 500):
        metrics.observe("cognito-idp:SignUp", f"Code{number}", 0.001)
    assert len(metrics._bound) <= MOST_SERIES + 1


def test_hostile_names_in_requests_become_no_label(sqlite_house: TestHouse) -> None:
    """NET-07, LOG-02"""
    for number in range(20):
        name = f'Op{number}"}} 1\nforged_metric 1'
        sqlite_house.request("POST", f"{ENDPOINT}/cognito-idp/Op{number}", body=b"{}")
        target = {"x-amz-target": f"AWSCognitoIdentityProviderService.{name}"}
        sqlite_house.request("POST", f"{ENDPOINT}/", target, b"{}")
    page = sqlite_house.request("GET", f"{ENDPOINT}/metrics")[2]
    operations = {dict(labels).get("operation") for _, labels in parsed(page)} - {None}
    assert operations == {OTHER}
    assert b"forged" not in page


def test_the_page_tells_what_waits_in_queues_and_stores(house: TestHouse) -> None:
    with Unit(house.services.database) as unit:
        for number, state in enumerate(("waiting", "waiting", "dead", "sent")):
            unit.announce(
                Message(f"m{number}", "p", "EMAIL", "k", b"sealed", 1.0, 2.0, status=state)
            )
        spares = SigningKeys(unit, house.services.sealer).spares()
    status, fields, body = house.request("GET", f"{ENDPOINT}/metrics")
    page = parsed(body)
    assert status == 200
    assert fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert of(page, "poolhouse_outbox_messages", status="waiting") == 2
    assert of(page, "poolhouse_outbox_messages", status="dead") == 1
    assert of(page, "poolhouse_spare_signing_keys") == spares
    assert of(page, "poolhouse_hashing_in_hand") == 0
    assert of(page, "poolhouse_workers") == 1


def test_the_page_names_nobody_and_nothing_of_the_machine(sqlite_house: TestHouse) -> None:
    """ADM-09, LOG-01"""
    add_pool(sqlite_house, "us-east-1_Hidden001")
    body = b'{"ClientId":"hiddenclient","Username":"hidden-user","Password":"Hidden-Password-1!"}'
    sqlite_house.request("POST", f"{ENDPOINT}/cognito-idp/SignUp", body=body)
    page = sqlite_house.request("GET", f"{ENDPOINT}/metrics")[2].decode()
    assert "cognito-idp:SignUp" in page
    for word in ("idden", str(sqlite_house.settings.data_dir), "sqlite", version("poolhouse")):
        assert word not in page


def test_the_depth_of_the_hashing_queue_is_what_the_hasher_says() -> None:
    depth = 7
    metrics = Metrics([], lambda: depth)
    assert of(parsed(metrics.page(None)), "poolhouse_hashing_in_hand") == 7
    depth = 0
    assert of(parsed(metrics.page(None)), "poolhouse_hashing_in_hand") == 0


def test_what_the_database_did_not_tell_is_left_out_of_the_page() -> None:
    metrics = Metrics([], lambda: 0)
    assert b"spare" not in metrics.page(None)
    assert b"poolhouse_spare_signing_keys 3.0" in metrics.page(Stock({}, 3))


@pytest.mark.skipif(sys.platform != "linux", reason="Figures of processes come from /proc.")
def test_memory_and_processor_time_are_told() -> None:
    page = parsed(Metrics([], lambda: 0).page(None))
    assert of(page, "process_resident_memory_bytes") > 1_000_000
    assert of(page, "process_cpu_seconds_total") > 0
    assert of(page, "process_open_fds") > 2


# several workers -----------------------------------------------------------------------
WORKER = """
import sys
from poolhouse.doors.health.metrics import Metrics
metrics = Metrics(["cognito-idp:SignUp"], lambda: 3)
for line in sys.stdin:
    if line.strip() == "observe":
        metrics.observe("cognito-idp:SignUp", "", 0.02)
        print("done", flush=True)
    else:
        page = metrics.page(None)
        print(len(page), flush=True)
        print(page.decode(), end="", flush=True)
"""


class Worker:
    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, processes.VARIABLE: str(folder)},
        )

    def say(self, word: str) -> bytes:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{word}\n".encode())
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def page(self) -> Samples:
        length = int(self.say("page"))
        assert self.process.stdout is not None
        return parsed(self.process.stdout.read(length))

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def test_any_worker_tells_the_figures_of_all_of_them(tmp_path: Path) -> None:
    one, other = Worker(tmp_path), Worker(tmp_path)
    count = "poolhouse_requests_total"
    try:
        for worker in (one, other, other):
            assert worker.say("observe") == b"done\n"
        for asked in (one, other):
            page = asked.page()
            assert of(page, count, operation="cognito-idp:SignUp", code="") == 3
            time = "poolhouse_request_seconds_count"
            assert of(page, time, operation="cognito-idp:SignUp") == 3
            assert of(page, "poolhouse_hashing_in_hand") == 6
            assert of(page, "poolhouse_workers") == 2
        both = of(one.page(), "process_resident_memory_bytes")
        other.end()
        alone = one.page()
        assert of(alone, count, operation="cognito-idp:SignUp", code="") == 3
        assert of(alone, "poolhouse_hashing_in_hand") == 3
        assert of(alone, "poolhouse_workers") == 1
        assert of(alone, "process_resident_memory_bytes") < both
    finally:
        one.end()
        other.end()


def test_several_workers_get_a_fresh_folder_that_is_removed_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(processes.VARIABLE, raising=False)
    with processes.shared_figures(1):
        assert processes.folder() is None
    with processes.shared_figures(2):
        folder = processes.folder()
        assert folder is not None
        assert list(folder.iterdir()) == []
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()
    assert processes.folder() is None


def test_a_folder_that_the_operator_chose_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(processes.VARIABLE, str(tmp_path))
    with processes.shared_figures(4):
        assert processes.folder() == tmp_path
    assert tmp_path.exists()
