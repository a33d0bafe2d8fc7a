"""What the name of a login provider means. A user pool goes by two names: the one AWS gives it,
and its issuer without the scheme, which is what clients that only know the token send."""

from __future__ import annotations

import re

from poolhouse import arns
from poolhouse.contract import cognito_identity as cid
from poolhouse.settings import Settings
from poolhouse.userpools.tokens.issuer import issuer

COGNITO = "cognito-identity.amazonaws.com"
PUBLIC_PROVIDERS = frozenset(
    """
    graph.facebook.com accounts.google.com appleid.apple.com www.amazon.com
    api.twitter.com www.digits.com
    """.split()
)
_USER_POOL_ID = re.compile(r"[\w-]+_[0-9a-zA-Z]+", re.ASCII)


def key_of(user_pool_id: str) -> str:
    """The one key under which logins of a user pool are kept and shown."""
    return f"cognito-idp.{arns.region_of(user_pool_id)}.amazonaws.com/{user_pool_id}"


def user_pool_of(settings: Settings, name: str) -> str | None:
    """The id of the user pool that a Logins key or a ProviderName names, whether there is such a
    pool or not; None for other providers. Names are exact."""
    user_pool_id = name.rpartition("/")[2]
    if not _USER_POOL_ID.fullmatch(user_pool_id):
        return None
    spoken = issuer(settings, user_pool_id).partition("://")[2]
    return user_pool_id if name in (key_of(user_pool_id), spoken) else None


def canonical(settings: Settings, name: str) -> str:
    """The one key of a provider; every name but those of user pools is its own."""
    user_pool_id = user_pool_of(settings, name)
    return key_of(user_pool_id) if user_pool_id else name


def canonical_mapping(settings: Settings, name: str) -> str:
    """The same for the key of a role mapping, which for a user pool ends in `:<clientId>`."""
    provider, colon, client_id = name.rpartition(":")
    user_pool_id = user_pool_of(settings, provider) if colon else None
    return f"{key_of(user_pool_id)}:{client_id}" if user_pool_id else canonical(settings, name)


def providers_of(settings: Settings, pool: cid.IdentityPool) -> set[str]:
    """The one key of every provider that a pool takes logins of."""
    clients = pool.cognito_identity_providers or ()
    names = {each.provider_name for each in clients}
    names |= {
        arn.partition(":oidc-provider/")[2] for arn in pool.open_id_connect_provider_arns or ()
    }
    names |= {*(pool.saml_provider_arns or ()), *(pool.supported_login_providers or ())}
    names.add(pool.developer_provider_name)
    return {canonical(settings, name) for name in names if name}
