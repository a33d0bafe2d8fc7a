"""Python callables, in processes of their own: whatever they do, the server goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from poolhouse.triggers import processes
from tests.triggers import refusals
from tests.triggers.scene import ARN, Stage, event, staged, whsec

SOON = 20.0

CODE = """
import json, multiprocessing, os, signal, subprocess, sys, threading, time

def echo(event, context):
    event["response"]["autoConfirmUser"] = True
    return event

def told(event, context):
    left = context.get_remaining_time_in_millis()
    event["response"] = {
        "pid": os.getpid(), "id": context.aws_request_id, "arn": context.invoked_function_arn,
        "name": context.function_name, "in time": 0 < left <= 5000,
        "environment": sorted(os.environ), "stdin": sys.stdin.read(),
    }
    return event

def prints(event, context):
    print("{\\"id\\": 1}" * 1000)
    os.write(1, b"{}\\n")
    subprocess.run(["echo", "{}"])
    return event

def refuses(event, context):
    raise ValueError("No bots")

def says_nothing(event, context):
    raise ValueError

def says_half(event, context):
    raise ValueError("\\ud800")

def leaves(event, context):
    sys.exit(3)

def leaves_quietly(event, context):
    os._exit(0)

def crashes(event, context):
    os.kill(os.getpid(), signal.SIGKILL)

def sleeps(event, context):
    time.sleep(60)

def ignores(event, context):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        pass

def forks(event, context):
    if os.fork() == 0:
        return event
    os.wait()
    return echo(event, context)

def leaves_a_child(event, context):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    with open(event["request"]["note"], "w") as file:
        file.write(f"{child.pid} ")
    time.sleep(60)

def writes(event, context):
    # The descriptor of its answers, which is nobody's business.
    for number in range(3, 10):
        try:
            os.write(number, b"garbage\\n")
        except OSError:
            pass
    return event

def null(event, context):
    return None

def a_set(event, context):
    return {1, 2}

def not_a_number(event, context):
    return {"response": {"a": float("nan")}, "request": {}}

def deep(event, context):
    found = []
    for _ in range(100_000):
        found = [found]
    return found

def huge(event, context):
    return {**event, "more": "x" * 50_000_000}

def large(event, context):
    return {**event, "more": "x" * 200_000}

def forgets(event, context):
    raise MemoryError

not_callable = 5
"""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    (tmp_path / "triggers_of_a_test.py").write_text(CODE)
    with staged(tmp_path) as made:
        yield made


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Stage]:
    """Waits a moment, which is more than a process needs to start."""
    (tmp_path / "triggers_of_a_test.py").write_text(CODE)
    with staged(tmp_path, patience=2.0) as made:
        yield made


def bind(stage: Stage, function: str, module: str = "triggers_of_a_test") -> None:
    stage.bind({"arn": "*", "python": f"{module}:{function}"})


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + SOON
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()


def lives(pid: int) -> bool:
    """Zombies, whose parent will not come, are dead, once their last thread has ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    except OSError:
        return False
    return state != "Z" or threads > 1


# what it is given ------------------------------------------------------------------------
def test_a_callable_answers_and_its_process_is_used_again(stage: Stage) -> None:
    bind(stage, "told")
    first, second = stage.call()["response"], stage.call()["response"]
    assert first["pid"] == second["pid"] != os.getpid()
    assert first["id"] != second["id"]
    assert (first["arn"], first["name"], first["in time"]) == (ARN + "f", "f", True)
    assert first["stdin"] == ""


def test_it_sees_neither_settings_nor_secrets_of_the_environment(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POOLHOUSE_MASTER_KEY", "sesame")
    monkeypatch.setenv("HOOK", whsec())
    monkeypatch.setenv("ITS_OWN", "1")
    stage.bind(
        {"arn": ARN + "hook", "webhook": "https://h/", "secret_env": "HOOK"},
        {"arn": "*", "python": "triggers_of_a_test:told"},
    )
    seen = stage.call()["response"]["environment"]
    assert "ITS_OWN" in seen
    assert not {"HOOK", "POOLHOUSE_MASTER_KEY"} & set(seen)


def test_nothing_beside_the_file_stands_in_for_a_module_of_python(stage: Stage) -> None:
    stage.file.with_name("json.py").write_text("raise SystemExit('taken in')")
    bind(stage, "echo")
    assert stage.call()["response"] == {"autoConfirmUser": True}


@pytest.mark.parametrize("function", ["prints", "forks", "large"])
def test_what_it_prints_or_forks_is_no_answer(function: str, stage: Stage) -> None:
    bind(stage, function)
    for _ in range(3):
        assert stage.call()["request"] == event()["request"]
    assert stage.kept.outcomes == ["answered"] * 3


def test_an_event_that_no_pipe_holds_arrives(stage: Stage) -> None:
    bind(stage, "echo")
    assert stage.call(note="n" * 1_000_000)["request"]["note"] == "n" * 1_000_000


# what it does wrong ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("function", "refusal"),
    [
        ("refuses", refusals.failed("No bots")),
        ("says_nothing", refusals.failed("ValueError")),
        ("says_half", refusals.INVALID),
        ("forgets", refusals.failed("MemoryError")),
        ("null", refusals.UNRECOGNIZABLE),
        ("a_set", refusals.INVALID),
        ("deep", refusals.INVALID),
        ("not_a_number", refusals.INVALID),
        ("huge", refusals.UNRECOGNIZABLE),
        ("writes", refusals.INVALID),
        ("missing", refusals.failed("Handler 'missing' missing on module 'triggers_of_a_test'")),
        (
            "not_callable",
            refusals.failed("Handler 'not_callable' missing on module 'triggers_of_a_test'"),
        ),
    ],
)
def test_what_a_callable_does_wrong_is_told_as_aws_tells_it(
    function: str, refusal: tuple[str, str], stage: Stage
) -> None:
    """EXT-03"""
    bind(stage, function)
    assert stage.refused() == refusal
    assert stage.refused() == refusal
    bind(stage, "echo")
    assert stage.call()["response"] == {"autoConfirmUser": True}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import not_there", "Unable to import module 'broken': No module named 'not_there'"),
        ("1 / 0", "division by zero"),
        ("def f(:", "invalid syntax (broken.py, line 1)"),
    ],
)
def test_a_module_that_cannot_be_loaded_is_told(code: str, words: str, stage: Stage) -> None:
    stage.file.with_name("broken.py").write_text(code)
    bind(stage, "f", "broken")
    assert stage.refused() == refusals.failed(words)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("leaves", "Runtime exited with error: exit status 3"),
        ("leaves_quietly", "Runtime exited without providing a reason"),
        ("crashes", "Runtime exited with error: signal: killed"),
    ],
)
def test_a_process_that_ends_in_a_call_is_told_as_lambda_tells_it(
    function: str, words: str, stage: Stage
) -> None:
    bind(stage, function)
    code, message = stage.refused()
    assert code == "UserLambdaValidationException"
    assert message.startswith("PreSignUp failed with error RequestId: ")
    assert message.endswith(f" Error: {words}.")
    bind(stage, "echo")
    assert stage.call()["response"] == {"autoConfirmUser": True}


def test_a_process_that_died_between_calls_is_replaced_unnoticed(stage: Stage) -> None:
    bind(stage, "told")
    pid = stage.call()["response"]["pid"]
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not lives(pid))
    assert stage.call()["response"]["pid"] != pid


def test_a_process_that_reads_nothing_is_late(hasty: Stage) -> None:
    """Its pipe is full, and nobody waits for that."""
    bind(hasty, "told")
    pid = hasty.call()["response"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    note = "n" * 1_000_000
    assert hasty.call(note=note)["response"]["pid"] != pid
    assert not lives(pid)


@pytest.mark.parametrize("function", ["sleeps", "ignores"])
def test_who_does_not_answer_in_time_is_ended_and_tried_three_times(
    function: str, hasty: Stage
) -> None:
    """REL-18"""
    bind(hasty, function)
    assert hasty.refused() == refusals.TIMED_OUT


def test_what_a_late_callable_has_started_ends_with_it(hasty: Stage, tmp_path: Path) -> None:
    bind(hasty, "leaves_a_child")
    note = tmp_path / "children"
    assert hasty.refused(note=str(note)) == refusals.TIMED_OUT
    (child,) = (int(pid) for pid in note.read_text().split())
    assert eventually(lambda: not lives(child))


def test_a_module_that_takes_long_goes_on_loading_between_the_tries(
    tmp_path: Path, stage: Stage
) -> None:
    loads = tmp_path / "loads"
    stage.file.with_name("slow.py").write_text(
        f"import time\nopen({str(loads)!r}, 'a').write('x')\ntime.sleep(1.5)\n"
        "def f(event, context):\n    return event\n"
    )
    with staged(tmp_path, patience=0.7) as hasty:
        bind(hasty, "f", "slow")
        hasty.call()
    assert loads.read_text() == "x"


def test_a_module_that_never_loads_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "STARTING", 0.5)
    loads = tmp_path / "loads"
    (tmp_path / "stuck.py").write_text(
        f"import time\nopen({str(loads)!r}, 'a').write('x')\ntime.sleep(60)\n"
    )
    with staged(tmp_path, patience=1.0) as hasty:
        bind(hasty, "f", "stuck")
        assert hasty.refused() == refusals.TIMED_OUT
    assert loads.read_text() == "xxx"


# how long it lives -----------------------------------------------------------------------
def test_new_code_is_loaded_once_the_file_of_bindings_changes(stage: Stage) -> None:
    module = stage.file.with_name("growing.py")
    code = "def f(event, context):\n    event['response']['version'] = {}\n    return event\n"
    module.write_text(code.format(1))
    bind(stage, "f", "growing")
    assert stage.call()["response"]["version"] == 1
    module.write_text(code.format(22))
    assert stage.call()["response"]["version"] == 1
    stage.file.write_text(stage.file.read_text() + "\n")
    assert stage.call()["response"]["version"] == 22


def test_a_process_is_ended_after_many_calls(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "MOST_CALLS", 2)
    bind(stage, "told")
    pids = [stage.call()["response"]["pid"] for _ in range(3)]
    assert pids[0] == pids[1] != pids[2]
    assert not lives(pids[0])


def test_processes_end_with_the_server_that_stops(stage: Stage) -> None:
    bind(stage, "told")
    pid = stage.call()["response"]["pid"]
    stage.functions.close()
    assert not lives(pid)
    assert stage.refused() == refusals.unreached("ServiceException")


KILLED = """
import sys
from pathlib import Path
from poolhouse.clock import Clock
from poolhouse.triggers.processes import Processes
found = Processes(Clock(), Path(sys.argv[1]), lambda: ())
found.call("lasting:f", b"{}", call_id="1", arn="a", patience=60.0, most=1000)
"""


def test_a_process_at_work_ends_with_the_server_that_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    (tmp_path / "lasting.py").write_text(
        "import os, time\ndef f(event, context):\n"
        f"    open({str(note)!r}, 'w').write(str(os.getpid()) + ' ')\n    time.sleep(120)\n"
    )
    server = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)])
    try:
        assert eventually(lambda: note.exists() and note.read_text().endswith(" "))
    finally:
        server.kill()
        server.wait()
    assert eventually(lambda: not lives(int(note.read_text())))
