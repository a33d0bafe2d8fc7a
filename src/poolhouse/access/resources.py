"""From an ask to the ARN its permission is decided on, and to the facts that conditions test of it.

Authorisation and action use the same member: the ARN is built from the id that the operation
itself will look up, and its region from that id, never from the signature's scope.
Source: the service authorization references of cognito-idp, cognito-identity, sts and iam.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poolhouse import arns
from poolhouse.contract.shape import Operation, Shape

_NO_RESOURCE = "*"
_TAGS = ("user_pool_tags", "identity_pool_tags", "tags")


def resource_of(operation: Operation[Any, Any, Any], ask: Shape, account: str, region: str) -> str:
    """The ARN, or `*` where AWS knows no resource-level permission for the operation."""
    service = operation.service.name
    if service == "iam":
        return _iam(operation.name, ask, account)
    if service == "sts":
        return getattr(ask, "role_arn", None) or _NO_RESOURCE
    return _pool(ask, account, region)


def facts_of(ask: Shape) -> dict[str, str | list[str]]:
    """Condition keys of the tags that a pool shall get or lose."""
    for member in _TAGS:
        tags = getattr(ask, member, None)
        if isinstance(tags, dict):
            return of_request_tags(tags)
    keys = getattr(ask, "tag_keys", None)
    return {"aws:TagKeys": list(keys)} if keys else {}


def of_request_tags(tags: Mapping[str, str]) -> dict[str, str | list[str]]:
    """Condition keys of tags that are asked for."""
    if not tags:
        return {}
    return {f"aws:RequestTag/{key}": value for key, value in tags.items()} | {
        "aws:TagKeys": list(tags)
    }


def _pool(ask: Shape, account: str, region: str) -> str:
    if arn := getattr(ask, "resource_arn", None):
        return str(arn)
    if pool_id := getattr(ask, "user_pool_id", None):
        return arns.user_pool(account, pool_id)
    if pool_id := getattr(ask, "identity_pool_id", None):
        return arns.identity_pool(account, pool_id)
    return _NO_RESOURCE


def _iam(name: str, ask: Shape, account: str) -> str:
    path = getattr(ask, "path", None) or "/"
    if role := getattr(ask, "role_name", None):
        return arns.role(account, path, role)
    if user := getattr(ask, "user_name", None):
        return arns.user(account, path, user)
    for member in ("policy_arn", "open_id_connect_provider_arn", "saml_provider_arn"):
        if arn := getattr(ask, member, None):
            return str(arn)
    return _NO_RESOURCE
