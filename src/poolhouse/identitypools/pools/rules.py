"""Which settings and tags an identity pool may have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from poolhouse import arns
from poolhouse.contract import cognito_identity as cid
from poolhouse.identitypools.pools.naming import PUBLIC_PROVIDERS

MOST_TAGS = 50
MOST_USER_POOL_CLIENTS = 50
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")


def check_region(region: str) -> None:
    """Raises InvalidParameterException where no id could begin with it."""
    if not _REGION.fullmatch(region) or len(region) > 18:
        raise cid.InvalidParameterException("The region of the request is not valid.")


def check(settings: cid.IdentityPool, unknown_user_pools: Iterable[str]) -> None:
    """Raises InvalidParameterException for what the contract's limits cannot say.

    `unknown_user_pools` are the ProviderNames that name no user pool.
    """
    if any(unknown_user_pools):
        raise cid.InvalidParameterException("Invalid Cognito Identity Provider")
    clients = settings.cognito_identity_providers or []
    if any(not client.provider_name or not client.client_id for client in clients):
        raise cid.InvalidParameterException("A Cognito provider needs ProviderName and ClientId.")
    if len(clients) > MOST_USER_POOL_CLIENTS:
        raise cid.InvalidParameterException("Too many Cognito identity providers.")
    if not PUBLIC_PROVIDERS.issuperset(settings.supported_login_providers or {}):
        raise cid.InvalidParameterException("Please provide a valid public provider")
    _check_arns(settings.open_id_connect_provider_arns, "oidc-provider/")
    _check_arns(settings.saml_provider_arns, "saml-provider/")
    check_tags(settings.identity_pool_tags or {})


def _check_arns(given: Iterable[str] | None, prefix: str) -> None:
    for text in given or ():
        arn = arns.parse(text)
        if arn is None or arn.service != "iam" or not arn.resource.startswith(prefix):
            raise cid.InvalidParameterException("A provider's ARN is not valid.")


def updated(before: cid.IdentityPool, after: cid.IdentityPool) -> cid.IdentityPool:
    """What an update leaves: everything is replaced, but a developer provider's name, once set,
    stays. Raises InvalidParameterException where it would change."""
    name = before.developer_provider_name
    if name is not None:
        if after.developer_provider_name not in (None, name):
            raise cid.InvalidParameterException("The developer provider name cannot be changed.")
        return msgspec.structs.replace(after, developer_provider_name=name)
    return after


def check_tags(tags: Mapping[str, str]) -> None:
    if len(tags) > MOST_TAGS:
        raise cid.InvalidParameterException(f"A pool has at most {MOST_TAGS} tags.")
    if any(key.lower().startswith("aws:") for key in tags):
        raise cid.InvalidParameterException("Tag keys that begin with aws: are reserved.")
