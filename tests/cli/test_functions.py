"""What an operator sees of functions: the bindings, a dry run, the last calls."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
from aws_encryption_sdk.identifiers import EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider
from standardwebhooks import Webhook

from tests.cli.running import run
from tests.support.server import Server
from tests.triggers import receivers
from tests.triggers.receivers import receiving, said
from tests.triggers.scene import ARN, whsec

SECRET = whsec()
KEY, KMS = b"k" * 32, "arn:aws:kms:us-east-1:000000000000:key/codes"
CODE = """
def hook(event, context):
    print("seen")
    event["response"]["autoConfirmUser"] = True
    return event
"""


def bind(folder: Path, text: str) -> None:
    (folder / "functions.toml").write_text(text)


def python(name: str, target: str) -> str:
    return f"[[function]]\narn = '{ARN}{name}'\npython = '{target}'\n"


def webhook(url: str) -> str:
    return f"[[function]]\narn = '{ARN}hook'\nwebhook = '{url}'\nsecret = '{SECRET}'\n"


def test_the_bindings_are_listed_in_their_order_without_secrets(founded: Path) -> None:
    """EXT-02"""
    nothing = run(founded, "functions")
    assert nothing.out == (
        f"No function is bound. Write {founded}/functions.toml; see docs/guides/functions.md.\n"
    )
    bind(founded, python("one", "m:f") + webhook("https://example.com/hook?key=sesame"))
    listed = run(founded, "functions").out
    assert listed.splitlines() == [
        f"python   {ARN}one  ->  m:f",
        f"webhook  {ARN}hook  ->  https://example.com/hook",
    ]


def test_a_dry_run_calls_the_function_and_is_among_the_last_calls(founded: Path) -> None:
    (founded / "triggers_of_a_test.py").write_text(CODE)
    bind(founded, python("one", "triggers_of_a_test:hook") + python("bad", "missing:f"))
    assert run(founded, "functions", "calls").out == ""
    ended = run(founded, "functions", "test", f"{ARN}one")
    assert json.loads(ended.out) == {
        "autoConfirmUser": True,
        "autoVerifyEmail": False,
        "autoVerifyPhone": False,
    }
    assert ended.err == "seen\n"
    words = run(founded, "functions", "test", f"{ARN}bad", "--source", "CustomMessage_SignUp")
    assert words.sentence == (
        "UserLambdaValidationException: CustomMessage failed with error Unable to import module "
        "'missing': No module named 'missing'."
    )
    lines = run(founded, "functions", "calls").out.splitlines()
    assert [line.split()[-2:] for line in lines] == [
        ["refused", f"{ARN}bad"],
        ["answered", f"{ARN}one"],
    ]
    assert "CustomMessage_SignUp" in lines[0] and "PreSignUp_SignUp" in lines[1]
    assert len(run(founded, "functions", "calls", f"{ARN}one").out.splitlines()) == 1
    assert len(run(founded, "functions", "calls", "--count", "1").out.splitlines()) == 1


def test_an_event_of_ones_own_is_sent_signed(founded: Path, tmp_path: Path) -> None:
    """EXT-02"""
    own = {"triggerSource": "PreSignUp_SignUp", "request": {"a": 1}, "response": {}}
    path = tmp_path / "event.json"
    path.write_text(json.dumps(own))
    with receiving(receivers.echo) as receiver:
        bind(founded, webhook(f"{receiver.url}/hook"))
        ended = run(founded, "functions", "test", f"{ARN}hook", "--event", str(path))
    (asked,) = receiver.asked
    assert json.loads(ended.out) == {"autoConfirmUser": True}
    assert Webhook(SECRET).verify(asked.body, asked.headers) == own


class Given(RawMasterKeyProvider):  # type: ignore[misc]
    """The raw AES keyring of a receiver."""

    provider_id = "poolhouse"

    def _get_raw_key(self, _: str) -> WrappingKey:
        return WrappingKey(
            wrapping_algorithm=WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
            wrapping_key=KEY,
            wrapping_key_type=EncryptionKeyType.SYMMETRIC,
        )


def test_a_sender_is_tried_with_a_code_that_its_key_opens(founded: Path) -> None:
    key = base64.b64encode(KEY).decode()
    with receiving(said(b"", 204)) as receiver:
        bind(founded, f"{webhook(receiver.url)}[[key]]\narn = '{KMS}'\nsecret = '{key}'\n")
        source = ["--source", "CustomEmailSender_SignUp"]
        ended = run(founded, "functions", "test", f"{ARN}hook", *source, "--key", KMS)
        unknown = run(founded, "functions", "test", f"{ARN}hook", *source, "--key", "other")
    assert ended.out == "It answered. Nothing of what a sender answers is read.\n"
    assert unknown.sentence.startswith("No key is bound to other in ")
    (asked,) = receiver.asked
    provider = Given()
    provider.add_master_key(KMS)
    client = EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)
    code, header = client.decrypt(
        source=base64.b64decode(asked.event["request"]["code"]), key_provider=provider
    )
    assert code == b"123456"
    assert header.encryption_context["userpool-id"] == asked.event["userPoolId"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["test", f"{ARN}unbound"], f"No function is bound to {ARN}unbound in "),
        (["test", f"{ARN}one", "--source", "PreSignUp"], "--source is one of PreSignUp_SignUp, "),
        (["test", f"{ARN}one", "--event", "/no/where"], "/no/where is no file with JSON"),
    ],
)
def test_what_cannot_be_tried_is_told(arguments: list[str], words: str, founded: Path) -> None:
    bind(founded, python("one", "m:f"))
    assert run(founded, "functions", *arguments).sentence.startswith(words)


@pytest.mark.parametrize("text", ["[]", "5", '"x"'])
def test_an_event_is_an_object(text: str, founded: Path, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text(text)
    bind(founded, python("one", "m:f"))
    ended = run(founded, "functions", "test", f"{ARN}one", "--event", str(path))
    assert ended.sentence == f"{path} holds no JSON object."


def test_a_broken_file_stops_the_server_and_nothing_that_calls_no_function(founded: Path) -> None:
    """EXT-02: least of all does it show the secret that is wrong."""
    bind(founded, "[[function]]\narn = '*'\nwebhook = 'https://h/'\nsecret = 'sesame'\n")
    words = f"{founded}/functions.toml, function 1: a secret is whsec_ and "
    for command in (["functions"], ["functions", "test", f"{ARN}f"], ["serve"]):
        ended = run(founded, *command)
        assert ended.sentence.startswith(words)
        assert "sesame" not in ended.err
    doctor = run(founded, "doctor")
    assert doctor.code == 1
    assert f"bad  functions: {words}" in doctor.out
    assert "sesame" not in doctor.out
    assert run(founded, "outbox").code == 0
    assert run(founded, "keys", "rotate-data-key").code == 0


def test_a_file_that_was_named_has_to_be_there(founded: Path, tmp_path: Path) -> None:
    """REL-22"""
    path = tmp_path / "mistyped.toml"
    sentence = f"{path} is not there. Write it, or unset POOLHOUSE_FUNCTIONS_FILE."
    for command in (["functions"], ["functions", "test", f"{ARN}f"], ["serve"]):
        assert run(founded, *command, functions_file=path, port=0).sentence == sentence
    doctor = run(founded, "doctor", functions_file=path)
    assert doctor.code == 1
    assert f"bad  functions: {sentence}" in doctor.out.splitlines()
    path.write_text(python("one", "m:f"))
    assert f"{ARN}one" in run(founded, "functions", functions_file=path).out
    assert f"ok   functions: 1 bound in {path}" in run(founded, "doctor", functions_file=path).out


def test_doctor_counts_the_bindings_and_warns_of_a_file_that_others_may_change(
    founded: Path,
) -> None:
    bind(founded, python("one", "m:f") + python("two", "m:f"))
    path = founded / "functions.toml"
    assert f"ok   functions: 2 bound in {path}" in run(founded, "doctor").out
    path.chmod(0o666)
    doctor = run(founded, "doctor")
    assert f"bad  functions: {path} can be changed by others: chmod go-w it." in doctor.out
    assert doctor.code == 1


def test_a_server_takes_up_a_binding_without_a_restart(founded: Path) -> None:
    (founded / "triggers_of_a_test.py").write_text(CODE)
    server = Server(founded).start()
    try:
        idp = server.client("cognito-idp")
        pool = idp.create_user_pool(PoolName="p", LambdaConfig={"PreSignUp": f"{ARN}one"})
        pool_id = pool["UserPool"]["Id"]
        client = idp.create_user_pool_client(UserPoolId=pool_id, ClientName="c")
        asked = {
            "ClientId": client["UserPoolClient"]["ClientId"],
            "Username": "ann",
            "Password": "Correct-Horse-1!",
        }
        with pytest.raises(idp.exceptions.UnexpectedLambdaException, match="AccessDenied"):
            idp.sign_up(**asked)
        bind(founded, python("one", "triggers_of_a_test:hook"))
        assert idp.sign_up(**asked)["UserConfirmed"] is True
    finally:
        server.stop()
    lines = run(founded, "functions", "calls").out.splitlines()
    assert [line.split()[-2] for line in lines] == ["answered", "AccessDeniedException"]
