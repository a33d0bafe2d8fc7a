"""TOK-17: what is secret is compared in constant time."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.laws.source import Source, at, hand_written, hold, snippet

# The last word of a name says what it holds.
SECRET_WORDS = frozenset(
    """
    password passphrase secret signature hash mac hmac digest hexdigest
    proof token otp totp pin verifier credential cookie
    """.split()
)
SECRET_NAMES = frozenset(
    """
    secret_key master_key private_key api_key session_key evidence m1
    confirmation_code user_code mfa_code verification_code authorization_code
    """.split()
)
PUBLIC_NAMES = frozenset(["next_token", "pagination_token"])
KEEPS_ITS_VALUE = frozenset(["lower", "upper", "strip", "encode", "decode", "hex", "casefold"])


def secret_name(node: ast.expr) -> str | None:
    """The name under which a secret goes in this expression, or None."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in KEEPS_ITS_VALUE:
            return secret_name(node.func.value)
        if node.func.attr == "get_secret_value":
            return node.func.attr
    if isinstance(node, ast.Call):
        return secret_name(node.func)
    name = _last_name(node)
    if name is None or name.isupper() or name in PUBLIC_NAMES:  # capitals: a constant, a choice
        return None
    lowered = name.lower().strip("_")
    is_secret = lowered in SECRET_NAMES or lowered.rpartition("_")[2] in SECRET_WORDS
    return name if is_secret else None


def _last_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        key = node.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return key.value
        return _last_name(node.value) if isinstance(key, ast.Slice) else None
    return None


def compared_secrets(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if not isinstance(operator, ast.Eq | ast.NotEq):
                continue
            if (
                _is_written_here(left, right)
                or _is_itself(left, right)
                or _is_column(left)
                or _is_column(right)
            ):
                continue
            if name := secret_name(left) or secret_name(right):
                yield at(source, node, f"compares `{name}` with == or !=")


def _is_written_here(*sides: ast.expr) -> bool:
    """A value that stands in the source is no secret."""
    return any(isinstance(side, ast.Constant) for side in sides)


def _is_itself(left: ast.expr, right: ast.expr) -> bool:
    """`password != password.strip()`: one value and its own normal form."""
    return ast.dump(_kept(left)) == ast.dump(_kept(right))


def _kept(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    return node


def _is_column(side: ast.expr) -> bool:
    """`table.c.token_hash`, `bindparam("token_hash")`: the database looks it up. Columns hold
    hashes, which a guess cannot be steered towards."""
    if isinstance(side, ast.Call):
        return isinstance(side.func, ast.Name) and side.func.id == "bindparam"
    return isinstance(side, ast.Attribute) and _last_name(side.value) == "c"


def test_secrets_are_compared_in_constant_time() -> None:
    """TOK-17"""
    hold(
        compared_secrets,
        hand_written("src"),
        "Compare with hmac.compare_digest, on bytes. Where the thing is no secret, give it a name "
        "that says what it is.",
    )


@pytest.mark.parametrize(
    "code",
    [
        "given_password == user.password",
        "if signature != expected: ...",
        "ok = row.code_hash == hashed",
        "ok = request.headers['signature'] == want",
        "ok = hashlib.sha256(x).hexdigest() == want",
        "ok = mac(key, text) != want",
        "ok = given.lower() == client_secret.lower()",
        "ok = refresh_token == stored.refresh_token",
        "ok = confirmation_code == row.value",
        "ok = digest[:8] == other",
        "ok = a == b == token",
        "ok = settings.master_key.get_secret_value() == x",
    ],
)
def test_a_secret_compared_by_equality_is_seen(code: str) -> None:
    """TOK-17"""
    assert list(compared_secrets(snippet("src/poolhouse/x/y.py", code)))


@pytest.mark.parametrize(
    "code",
    [
        "hmac.compare_digest(signature, expected)",
        "token_type == 'Bearer'",
        "signature == ''",
        "kind == Challenge.PASSWORD",
        "len(signature) == size",
        "password_policy == other_policy",
        "next_token == last",
        "status_code == code",
        "secret is None",
        "password != password.strip()",
        "tokens.c.token_hash == given_hash",
        "_t.token_hash == bindparam('token_hash')",
    ],
)
def test_what_is_no_secret_is_left_alone(code: str) -> None:
    assert not list(compared_secrets(snippet("src/poolhouse/x/y.py", code)))
