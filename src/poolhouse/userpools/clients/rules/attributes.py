"""Which attributes a client may read and write."""

from __future__ import annotations

from collections.abc import Mapping

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rules.schema import DEVELOPER_ONLY, NEVER_WRITABLE

Schema = Mapping[str, idp.SchemaAttributeType]


def check_attributes(settings: idp.UserPoolClientType, schema: Schema, doing: str) -> None:
    """Refuses names that the schema lacks, names no client may write, and a list of writable
    attributes without the required ones. `doing` is `creating` or `updating`.

    Raises InvalidParameterException.
    """
    if not set(settings.read_attributes or ()) <= set(schema):
        raise _refused("read", doing)
    written = settings.write_attributes
    if written is None:
        return
    writable = {name for name in schema if is_writable(name)}
    required = {name for name in writable if schema[name].required}
    if not required <= set(written) <= writable:
        raise _refused("write", doing)


def is_writable(name: str) -> bool:
    """Whether any client may be allowed to write it."""
    return name not in NEVER_WRITABLE and not name.startswith(DEVELOPER_ONLY)


def _refused(which: str, doing: str) -> idp.InvalidParameterException:
    return idp.InvalidParameterException(
        f"Invalid {which} attributes specified while {doing} a client"
    )
