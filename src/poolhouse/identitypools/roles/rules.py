"""Which role an identity gets.

Source: "Using role-based access control", developer guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from poolhouse.contract import cognito_identity as cid
from poolhouse.identitypools.identities.bearing import AUTHENTICATED, UNAUTHENTICATED, Bearer
from poolhouse.identitypools.identities.rules import forbidden

MOST_RULES = 25
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)

Mappings = Mapping[str, cid.RoleMapping]
"""By provider key, of a user pool with `:<clientId>` behind it."""


def check(roles: Mapping[str, str], mappings: Mappings) -> None:
    """Raises InvalidParameterException for what the contract's limits cannot say."""
    for mapping in mappings.values():
        if mapping.ambiguous_role_resolution is None:
            raise cid.InvalidParameterException("AmbiguousRoleResolution is required.")
        if mapping.type == "Rules" and mapping.rules_configuration is None:
            raise cid.InvalidParameterException("RulesConfiguration is required.")
        if len(_rules(mapping)) > MOST_RULES:
            raise cid.InvalidParameterException(f"A provider has at most {MOST_RULES} rules.")
    if not all(_ROLE_ARN.fullmatch(arn) for arn in named(roles, mappings)):
        raise cid.InvalidParameterException("A role's ARN is not valid.")


def named(roles: Mapping[str, str], mappings: Mappings) -> list[str]:
    """Every role that a pool names itself, once, in order."""
    found = {*roles.values()}
    found |= {rule.role_arn for mapping in mappings.values() for rule in _rules(mapping)}
    return sorted(found)


def choose(bearer: Bearer, roles: Mapping[str, str], mappings: Mappings, custom: str | None) -> str:
    """The ARN of the role that a bearer gets; `custom` is the CustomRoleArn asked for. Of several
    logins the first whose provider has a mapping decides.

    Raises:
        NotAuthorizedException: the role asked for is not one they may have, or the mapping is
            ambiguous and says Deny.
        InvalidIdentityPoolConfigurationException: the pool has no role for them.
    """
    if bearer.is_guest:
        return _default(bearer, roles.get(UNAUTHENTICATED), custom)
    for login in bearer.logins:
        mapping = mappings.get(f"{login.link.provider}:{login.client_id}") or mappings.get(
            login.link.provider
        )
        if mapping is not None:
            return _mapped(bearer, login.claims, mapping, roles, custom)
    if not bearer.logins and _denied_without_claims(bearer, mappings):
        raise forbidden(bearer.identity_id)
    return _default(bearer, roles.get(AUTHENTICATED), custom)


def _mapped(
    bearer: Bearer,
    claims: Mapping[str, Any],
    mapping: cid.RoleMapping,
    roles: Mapping[str, str],
    custom: str | None,
) -> str:
    if mapping.type == "Token":
        able = _texts(claims.get("cognito:roles"))
        preferred = _texts(claims.get("cognito:preferred_role")) or able
        chosen = preferred[0] if len(preferred) == 1 else None
    else:
        able = [rule.role_arn for rule in _rules(mapping) if applies(rule, claims)]
        chosen = able[0] if able else None
    if custom is not None and able:
        if custom not in able:
            raise forbidden(bearer.identity_id)
        return custom
    if chosen is not None:
        return chosen
    if mapping.ambiguous_role_resolution == "AuthenticatedRole":
        return _default(bearer, roles.get(AUTHENTICATED), custom)
    raise forbidden(bearer.identity_id)


def applies(rule: cid.MappingRule, claims: Mapping[str, Any]) -> bool:
    """Whether a rule matches. A claim with several values (groups) matches with any of them,
    NotEqual with none; a rule on a claim that is not there is not evaluated."""
    values = _texts(claims.get(rule.claim))
    if rule.claim not in claims:
        return False
    if rule.match_type == "Equals":
        return rule.value in values
    if rule.match_type == "NotEqual":
        return rule.value not in values
    if rule.match_type == "StartsWith":
        return any(value.startswith(rule.value) for value in values)
    return any(rule.value in value for value in values)


def _default(bearer: Bearer, role: str | None, custom: str | None) -> str:
    if role is None:
        raise misconfigured()
    if custom not in (None, role):
        raise forbidden(bearer.identity_id)
    return role


def _denied_without_claims(bearer: Bearer, mappings: Mappings) -> bool:
    """A token of our own says which providers were used, but has no claims of theirs: mappings
    are ambiguous then."""
    used = bearer.amr[1:]
    return any(
        mapping.ambiguous_role_resolution == "Deny"
        and any(key == word or key.startswith(f"{word}:") for word in used)
        for key, mapping in mappings.items()
    )


def _rules(mapping: cid.RoleMapping) -> Sequence[cid.MappingRule]:
    return mapping.rules_configuration.rules if mapping.rules_configuration else ()


def _texts(claim: Any) -> list[str]:
    """A claim's values as rules compare them; what is neither text, number nor truth has none."""
    values = claim if isinstance(claim, list | tuple) else [claim]
    return [
        str(value).lower() if isinstance(value, bool) else str(value)
        for value in values
        if isinstance(value, str | int | float)
    ]


def misconfigured() -> cid.InvalidIdentityPoolConfigurationException:
    return cid.InvalidIdentityPoolConfigurationException(
        "Invalid identity pool configuration. Check assigned IAM roles for this pool."
    )
