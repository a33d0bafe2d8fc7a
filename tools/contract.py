"""Writes src/poolhouse/contract/<service>.py from the service models of the pinned botocore.

    python tools/contract.py            write the modules
    python tools/contract.py --check    exit 1 where a module differs from what would be written

Only names, types and limits are taken: no prose of AWS goes into the repository.
"""

from __future__ import annotations

import argparse
import gzip
import json
import keyword
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
from botocore import xform_name

VERSION = "1.44.5"
ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src" / "poolhouse" / "contract"
SERVICES = {
    "cognito_idp": ("cognito-idp", None),
    "cognito_identity": ("cognito-identity", None),
    "cognito_sync": ("cognito-sync", None),
    "sts": ("sts", None),
    "iam": (
        "iam",
        """
        CreateRole GetRole ListRoles DeleteRole UpdateRole UpdateAssumeRolePolicy PutRolePolicy
        GetRolePolicy ListRolePolicies DeleteRolePolicy PutRolePermissionsBoundary
        DeleteRolePermissionsBoundary TagRole UntagRole ListRoleTags
        CreateUser GetUser ListUsers DeleteUser UpdateUser PutUserPolicy GetUserPolicy
        ListUserPolicies DeleteUserPolicy PutUserPermissionsBoundary
        DeleteUserPermissionsBoundary TagUser UntagUser ListUserTags
        CreateAccessKey ListAccessKeys UpdateAccessKey DeleteAccessKey GetAccessKeyLastUsed
        CreatePolicy GetPolicy ListPolicies DeletePolicy CreatePolicyVersion GetPolicyVersion
        ListPolicyVersions DeletePolicyVersion SetDefaultPolicyVersion AttachRolePolicy
        DetachRolePolicy ListAttachedRolePolicies AttachUserPolicy DetachUserPolicy
        ListAttachedUserPolicies ListEntitiesForPolicy
        CreateOpenIDConnectProvider GetOpenIDConnectProvider ListOpenIDConnectProviders
        DeleteOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint
        AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider
        CreateSAMLProvider GetSAMLProvider ListSAMLProviders UpdateSAMLProvider
        DeleteSAMLProvider
        """.split(),
    ),
}
# Modelled as signed, documented as authorised by what they carry.
UNSIGNED_BY_DOCUMENT = {"GetClientToken", "GetDerivedToken"}
# Named in the model's documentation (GetClientToken), missing from its list of choices.
CHOICES_BY_DOCUMENT = {"ExplicitAuthFlowsType": ["ALLOW_CLIENT_TOKEN_AUTH"]}
# "Omit this parameter or submit a blank value": the pattern of passwords has no blank.
BLANK_BY_DOCUMENT = {("SignUpRequest", "Password"), ("AdminCreateUserRequest", "TemporaryPassword")}
# Not marked sensitive in the model, hidden by the service all the same.
PLAIN_TYPES = {
    "string": "str",
    "integer": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "boolean": "bool",
    "timestamp": "Timestamp",
    "blob": "Blob",
}


class Model:
    """One service model, cut down to the operations wanted."""

    def __init__(self, service: str, wanted: list[str] | None) -> None:
        folder = Path(botocore.__file__).parent / "data" / service
        latest = max(path for path in folder.iterdir() if path.is_dir())
        packed = latest / "service-2.json.gz"
        raw = gzip.decompress(packed.read_bytes()) if packed.exists() else None
        text = raw if raw is not None else (latest / "service-2.json").read_bytes()
        self.raw: dict[str, Any] = json.loads(text)
        self.shapes: dict[str, Any] = self.raw["shapes"]
        names = wanted if wanted is not None else sorted(self.raw["operations"])
        self.operations = {name: self.raw["operations"][name] for name in sorted(names)}
        self.errors = sorted({e["shape"] for op in self.operations.values() for e in errors(op)})

    def reachable(self) -> list[str]:
        """Every shape but the errors, each after those it is made of."""
        found: dict[str, None] = {}

        def visit(name: str) -> None:
            if name in found:
                return
            for part in self.parts(name):
                visit(part)
            found[name] = None

        for operation in self.operations.values():
            for end in ("input", "output"):
                if end in operation:
                    visit(operation[end]["shape"])
        return list(found)

    def parts(self, name: str) -> list[str]:
        shape = self.shapes[name]
        kinds = {
            "structure": lambda: [m["shape"] for m in shape["members"].values()],
            "list": lambda: [shape["member"]["shape"]],
            "map": lambda: [shape["key"]["shape"], shape["value"]["shape"]],
        }
        return list(kinds.get(shape["type"], list)())


def errors(operation: dict[str, Any]) -> list[dict[str, Any]]:
    return list(operation.get("errors", []))


def snake(name: str) -> str:
    found = str(xform_name(name)).replace("-", "_")
    return found + "_" if keyword.iskeyword(found) else found


def constant(name: str) -> str:
    return f"K_{snake(name).upper()}"


def python_type(model: Model, name: str) -> str:
    shape = model.shapes[name]
    kind = shape["type"]
    if shape.get("document"):
        return "Document"
    if kind == "structure":
        return name
    if kind == "list":
        return f"list[{python_type(model, shape['member']['shape'])}]"
    if kind == "map":
        return f"dict[str, {python_type(model, shape['value']['shape'])}]"
    return PLAIN_TYPES[kind]


def arguments(**given: object) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in given.items() if value not in (None, ()))


def kind_of(model: Model, name: str) -> str:
    """The expression that stands for a shape's kind."""
    shape = model.shapes[name]
    if shape["type"] == "structure" and not shape.get("document"):
        return f"{name}.kind"
    return constant(name)


def describe(model: Model, name: str) -> str:
    """The definition of a kind that is not a structure."""
    shape = model.shapes[name]
    kind = shape["type"]
    limits = {"least": shape.get("min"), "most": shape.get("max")}
    if shape.get("document"):
        return "Free()"
    if kind == "string":
        choices = (*shape.get("enum", ()), *CHOICES_BY_DOCUMENT.get(name, ()))
        sensitive = True if shape.get("sensitive") else None
        return (
            "Text("
            + arguments(
                **limits, pattern=shape.get("pattern"), choices=choices, sensitive=sensitive
            )
            + ")"
        )
    if kind in ("integer", "long"):
        return f"Whole({arguments(**limits, bits=64 if kind == 'long' else None)})"
    if kind in ("float", "double"):
        return f"Real({arguments(**limits)})"
    if kind == "blob":
        return f"Bytes({arguments(**limits, sensitive=True if shape.get('sensitive') else None)})"
    if kind == "list":
        named = shape["member"].get("locationName")
        rest = arguments(
            **limits, item_name=named, flattened=True if shape.get("flattened") else None
        )
        return f"ListOf({kind_of(model, shape['member']['shape'])}, {rest})"
    if kind == "map":
        pair = f"{kind_of(model, shape['key']['shape'])}, {kind_of(model, shape['value']['shape'])}"
        return f"MapOf({pair}, {arguments(**limits)})"
    return {"boolean": "Truth()", "timestamp": "Moment()"}[kind]


def structure(model: Model, name: str) -> Iterator[str]:
    shape = model.shapes[name]
    members = sorted(shape["members"].items())
    required = set(shape.get("required", ()))
    renames = {snake(member): wire_name(member, spec) for member, spec in members}
    yield f"class {name}(Shape, rename={renames!r}):"
    for member, spec in sorted(members, key=lambda pair: pair[0] not in required):
        typed = python_type(model, spec["shape"])
        tail = "" if member in required else " | None = None"
        yield f"    {snake(member)}: {typed}{tail}"
    if not members:
        yield "    pass"
    yield ""
    yield f"{name}.kind = Structure({name!r}, ("
    for member, spec in members:
        place = spec.get("location") or ("payload" if shape.get("payload") == member else None)
        located = spec.get("locationName") if spec.get("location") else None
        rest = arguments(
            required=True if member in required else None,
            place=place,
            located=located,
            may_be_blank=True if (name, member) in BLANK_BY_DOCUMENT else None,
        )
        kind = kind_of(model, spec["shape"])
        wire = wire_name(member, spec)
        yield f"    Member({snake(member)!r}, {wire!r}, {kind}{', ' + rest if rest else ''}),"
    sensitive = ", sensitive=True" if shape.get("sensitive") else ""
    yield f"){sensitive}, make={name})"
    yield ""


def wire_name(member: str, spec: dict[str, Any]) -> str:
    return member if spec.get("location") else str(spec.get("locationName", member))


def caller(model: Model, name: str, operation: dict[str, Any]) -> str:
    unsigned = operation.get("authtype") == "none" or name in UNSIGNED_BY_DOCUMENT
    if not unsigned:
        return "Signed"
    if name in UNSIGNED_BY_DOCUMENT:
        return "Anyone"
    shape = model.shapes[operation["input"]["shape"]] if "input" in operation else {}
    return "SignedIn" if "AccessToken" in shape.get("required", ()) else "Anyone"


def operation_lines(model: Model, name: str) -> Iterator[str]:
    operation = model.operations[name]
    ask = operation["input"]["shape"] if "input" in operation else "Nothing"
    answer = operation["output"]["shape"] if "output" in operation else "None"
    who = caller(model, name, operation)
    yield f"{name}: Operation[{who}, {ask}, {answer}] = Operation("
    yield f"    SERVICE, {name!r}, {who}, {ask}, {answer},"
    raised = "".join(f"{error['shape']}, " for error in errors(operation))
    yield f"    errors=({raised}),"
    http = operation["http"]
    wrapper = operation.get("output", {}).get("resultWrapper")
    rest = arguments(
        method=http["method"] if http["method"] != "POST" else None,
        path=http["requestUri"] if http["requestUri"] != "/" else None,
        status=http.get("responseCode") if http.get("responseCode") != 200 else None,
        result_wrapper=wrapper,
    )
    if rest:
        yield f"    {rest},"
    yield ")"


def module(service: str, wanted: list[str] | None) -> str:
    model = Model(service, wanted)
    meta = model.raw["metadata"]
    protocol = {"json": "json", "rest-json": "rest-json", "query": "query"}[meta["protocol"]]
    head = [
        f'"""{service}: generated by tools/contract.py from botocore {VERSION}. Do not edit."""',
        "from poolhouse.contract.callers import Anyone, Signed, SignedIn",
        "from poolhouse.contract.shape import (",
        "    Blob, Bytes, Document, Free, ListOf, MapOf, Member, Moment, Operation, Real, Service,",
        "    ServiceError, Shape, Structure, Text, Timestamp, Truth, Whole,",
        ")",
        "",
        "SERVICE = Service("
        + arguments(
            name=meta.get("signingName", meta["endpointPrefix"]),
            protocol=protocol,
            version=meta["apiVersion"],
            target_prefix=meta.get("targetPrefix"),
            namespace=meta.get("xmlNamespace"),
        )
        + ")",
        "",
        "",
        "class Nothing(Shape):",
        "    pass",
        "",
        "Nothing.kind = Structure('Nothing', (), make=Nothing)",
        "",
    ]
    body = [line for name in model.errors for line in error_lines(model, name)]
    for name in model.reachable():
        shape = model.shapes[name]
        if shape["type"] == "structure" and not shape.get("document"):
            body += structure(model, name)
        else:
            body.append(f"{constant(name)} = {describe(model, name)}")
    for name in model.operations:
        body += operation_lines(model, name)
    names = ", ".join(model.operations)
    tail = ["", f"OPERATIONS = ({names},)", ""]
    return formatted("\n".join(head + body + tail))


def error_lines(model: Model, name: str) -> Iterator[str]:
    shape = model.shapes[name]
    error = shape.get("error", {})
    status = error.get("httpStatusCode", 500 if shape.get("fault") else 400)
    yield f"class {name}(ServiceError):"
    yield f"    code = {error.get('code', name)!r}"
    yield f"    status = {status}"
    yield ""


def formatted(source: str) -> str:
    ruff = Path(sys.executable).with_name("ruff")
    for command in (["check", "--fix", "--select", "I", "-q"], ["format", "-q"]):
        source = subprocess.run(
            [str(ruff), *command, "--stdin-filename", "contract.py", "-"],
            input=source,
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        ).stdout
    return source


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check = parser.parse_args().check
    if botocore.__version__ != VERSION:
        print(f"The contract is pinned to botocore {VERSION}, found {botocore.__version__}.")
        return 1
    stale = []
    for name, (service, wanted) in SERVICES.items():
        target, source = TARGET / f"{name}.py", module(service, wanted)
        if check and (not target.exists() or target.read_text() != source):
            stale.append(target.name)
        if not check:
            target.write_text(source)
    if stale:
        print(f"Stale: {', '.join(stale)}. Run `python tools/contract.py`.")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
