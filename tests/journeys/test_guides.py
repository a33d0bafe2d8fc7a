"""The programs that the README and the guides print, run as they are printed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from poolhouse.triggers.file import read
from tests.cli.running import run
from tests.support.server import Server, environment, free_port
from tests.triggers.scene import ARN, whsec

ROOT = Path(__file__).parents[2]
KMS = "arn:aws:kms:us-east-1:000000000000:key/codes"
KEY = "k" * 42 + "A="  # 32 octets
SHOWN = ("no program",)
SHELL = ("run by hand: needs tools that tests do without",)
HERE = ("run below",)
# How each block is proved, in their order: whoever adds one says it here.
PROVED: dict[str, tuple[tuple[str, ...], ...]] = {
    "CONTRIBUTING.md": (SHELL,),
    "README.md": (
        ("tests/cli/test_first_start.py", "tests/support/server.py"),
        ("tests/cli/test_first_start.py",),
        ("tests/userpools/signup/test_sign_up.py",),
        HERE,
        SHELL,
        SHELL,
    ),
    "docs/architecture.md": (SHOWN,),
    "docs/guides/for-operators.md": (
        SHOWN,
        ("tests/faults/test_workers.py",),
        ("tests/delivery/test_settings.py",),
        ("tests/cli/test_messages.py",),
        ("tests/cli/test_commands.py",),
    ),
    "docs/guides/functions.md": (HERE, HERE, HERE, SHELL, HERE, ("tests/cli/test_functions.py",)),
    "docs/guides/passkeys.md": (SHELL, ("tests/userpools/passkeys/test_attestation.py",)),
    "docs/guides/recovery-codes.md": (
        ("tests/userpools/mfa/test_recovery_codes.py",),
        SHOWN,
        ("tests/userpools/mfa/test_recovery_codes.py",),
    ),
}


def blocks(path: str) -> list[str]:
    text = (ROOT / path).read_text()
    return re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_it_is_known_of_every_block_how_it_is_proved() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    counted = {str(path.relative_to(ROOT)): len(blocks(str(path))) for path in pages}
    assert {page: count for page, count in counted.items() if count} == {
        page: len(proofs) for page, proofs in PROVED.items()
    }
    named = {one for proofs in PROVED.values() for proof in proofs for one in proof}
    assert all((ROOT / one).exists() for one in named if one.startswith("tests/"))


def filled(text: str, **values: str) -> str:
    for old, new in values.items():
        assert old in text
        text = text.replace(old, new)
    return text


def test_the_sdk_signs_in_as_the_readme_says(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    try:
        found = dict(re.findall(r"(user pool|client id) +(\S+)", server.output.read_text()))
        idp = server.client("cognito-idp")
        who = {"UserPoolId": found["user pool"], "Username": "ann"}
        idp.admin_create_user(**who, MessageAction="SUPPRESS")
        idp.admin_set_user_password(**who, Password="Correct-Horse-1!", Permanent=True)
        values = {"http://127.0.0.1:8000": server.url, "<client id>": found["client id"]}
        program = filled(blocks("README.md")[3], **values) + "print(list(tokens))\n"
        ended = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
        )
    finally:
        server.kill9()
    assert "AuthenticationResult" in ended.stdout


@contextmanager
def receiver(secret: str, port: int) -> Iterator[None]:
    program = filled(blocks("docs/guides/functions.md")[2], **{"9100": str(port)})
    given = environment({"HOOK_SECRET": secret})
    process = subprocess.Popen(
        [sys.executable, "-c", program], env=given, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)


def test_the_functions_of_the_guide_can_be_tried(tmp_path: Path) -> None:
    """EXT-02"""
    founded = tmp_path / "data"
    assert run(founded, "init").code == 0
    _, claims, _, _, sender, _ = blocks("docs/guides/functions.md")
    secret, port = whsec(), free_port()
    (founded / "claims.py").write_text(claims)
    (founded / "sender.py").write_text(
        sender.replace('os.environ["CODES_KEY_FILE"]', repr(str(founded / "codes.key")))
    )
    (founded / "codes.key").write_text(KEY)
    (founded / "functions.toml").write_text(
        f'[[function]]\narn = "{ARN}claims"\npython = "claims:handler"\n'
        f'[[function]]\narn = "{ARN}sender"\npython = "sender:handler"\n'
        f'[[function]]\narn = "{ARN}hook"\nwebhook = "http://127.0.0.1:{port}/"\n'
        f'secret = "{secret}"\n[[key]]\narn = "{KMS}"\nsecret_file = "codes.key"\n'
    )
    confirmed = json.loads(run(founded, "functions", "test", f"{ARN}claims").out)
    assert confirmed["autoConfirmUser"] is True
    event = tmp_path / "event.json"
    event.write_text(
        '{"triggerSource": "PreSignUp_SignUp", "response": {},'
        '"request": {"userAttributes": {"email": "ann@example.org"}}}'
    )
    refused = run(founded, "functions", "test", f"{ARN}claims", "--event", str(event))
    assert refused.sentence.endswith("PreSignUp failed with error Nobody of example.org.")
    source = ["--source", "CustomEmailSender_SignUp", "--key", KMS]
    sent = run(founded, "functions", "test", f"{ARN}sender", *source)
    assert sent.code == 0, sent.err
    assert "goes 123456" in sent.err
    with receiver(secret, port):
        answers = (run(founded, "functions", "test", f"{ARN}hook") for _ in range(5))
        answered = next(one for one in answers if one.code == 0)
    assert json.loads(answered.out)["autoConfirmUser"] is True


def test_the_file_of_the_guide_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "codes.key").write_text(KEY)
    (tmp_path / "migrate").write_text(whsec())
    text = blocks("docs/guides/functions.md")[0]
    (tmp_path / "functions.toml").write_text(
        filled(text, **{'secret_env = "MIGRATE_SECRET"': 'secret_file = "migrate"'})
    )
    found = read(tmp_path / "functions.toml")
    assert [one.kind for one in found.functions] == ["lambda", "webhook", "python"]
    assert list(found.keys) == [KMS]
