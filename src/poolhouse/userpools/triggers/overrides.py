"""What PreTokenGeneration may change in tokens: pure, from an answer to claims.

Source: "Pre token generation Lambda trigger", developer guide: its table of claims. What may not
be changed is left as it is, silently, as Cognito does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.triggers.answers import listed, table, text, unrecognizable

MEMBER = {
    "1": "claimsOverrideDetails",
    "2": "claimsAndScopeOverrideDetails",
    "3": "claimsAndScopeOverrideDetails",
}
_VERSIONS = {"V1_0": "1", "V2_0": "2", "V3_0": "3"}
_MEMBERS = frozenset(MEMBER.values())
_GROUP_CLAIMS = ("cognito:groups", "cognito:roles", "cognito:preferred_role")
_FIXED = frozenset(
    "acr amr at_hash aud auth_time azp client_id cognito:username device_key event_id exp iat "
    "identities iss jti nbf nonce origin_jti scope sub token_use username version".split()
)
# Attributes that have a type of their own in the ID token.
_TYPED = frozenset(["phone_number_verified", "email_verified", "updated_at", "address"])


@dataclass(frozen=True, slots=True)
class Groups:
    """A user's groups as tokens show them; what a function puts in their place."""

    groups: Sequence[str]
    roles: Sequence[str]
    preferred_role: str | None

    def told(self) -> dict[str, Any]:
        return {
            "groupsToOverride": list(self.groups),
            "iamRolesToOverride": list(self.roles),
            "preferredRole": self.preferred_role,
        }


@dataclass(frozen=True, slots=True)
class Changes:
    """To the claims of one token."""

    put: Mapping[str, Any] = field(default_factory=dict)
    suppressed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Overrides:
    id: Changes = Changes()
    access: Changes = Changes()
    groups: Groups | None = None
    scopes_added: tuple[str, ...] = ()
    scopes_suppressed: frozenset[str] = frozenset()

    def groups_for(self, found: Groups) -> Groups:
        return found if self.groups is None else self.groups

    def in_id_token(self, claims: Mapping[str, Any]) -> dict[str, Any]:
        put = {name: value for name, value in self.id.put.items() if _fits(name, value)}
        return _changed(claims, replace(self.id, put=put))

    def in_access_token(self, claims: Mapping[str, Any]) -> dict[str, Any]:
        changed = _changed(claims, self.access)
        audience = self.access.put.get("aud")
        if audience is not None and audience == claims.get("client_id"):
            changed["aud"] = audience
        kept = [s for s in str(claims.get("scope", "")).split() if s not in self.scopes_suppressed]
        changed["scope"] = " ".join(dict.fromkeys([*kept, *self.scopes_added]))
        return changed


def configured(config: idp.LambdaConfigType) -> tuple[str, str | None]:
    """The event's version, and the function."""
    newer = config.pre_token_generation_config
    if newer is not None:
        return _VERSIONS[newer.lambda_version], newer.lambda_arn
    return "1", config.pre_token_generation


def read(response: Mapping[str, Any], version: str) -> Overrides:
    """An answer to another version of the event is none: what it meant to change would be left
    as it is, unseen.

    Raises InvalidLambdaResponseException.
    """
    details = table(response, MEMBER[version])
    if details is None:
        if any(response.get(member) is not None for member in _MEMBERS):
            raise unrecognizable()
        return Overrides()
    groups = _groups(details)
    if version == "1":
        return Overrides(id=_changes(details, plain=True), groups=groups)
    access = table(details, "accessTokenGeneration") or {}
    added = listed(access, "scopesToAdd") or []
    if any(scope.split() != [scope] for scope in added):
        raise unrecognizable()
    return Overrides(
        id=_changes(table(details, "idTokenGeneration") or {}),
        access=_changes(access),
        groups=groups,
        scopes_added=tuple(added),
        scopes_suppressed=frozenset(listed(access, "scopesToSuppress") or ()),
    )


def _changes(details: Mapping[str, Any], *, plain: bool = False) -> Changes:
    put = table(details, "claimsToAddOrOverride") or {}
    kinds = str if plain else str | bool | int | float | list | dict
    if not all(isinstance(value, kinds) for value in put.values()):
        raise unrecognizable()
    return Changes(put, frozenset(listed(details, "claimsToSuppress") or ()))


def _groups(details: Mapping[str, Any]) -> Groups | None:
    """None where nothing is said: "If you provide an empty or null object in the response, then
    the groups are suppressed." """
    if "groupOverrideDetails" not in details:
        return None
    given = table(details, "groupOverrideDetails") or {}
    return Groups(
        listed(given, "groupsToOverride") or [],
        listed(given, "iamRolesToOverride") or [],
        text(given, "preferredRole") or None,
    )


def _changed(claims: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """What is both put and suppressed is suppressed."""
    put = {
        name: value
        for name, value in changes.put.items()
        if _may(name) and not name.startswith("dev:")
    }
    found = dict(claims) | put
    for name in changes.suppressed:
        if name == "cognito:groups":
            for one in _GROUP_CLAIMS:
                found.pop(one, None)
        elif name.startswith("dev:") or _may(name):
            found.pop(name, None)
    return found


def _may(name: str) -> bool:
    return name not in _FIXED and not name.startswith("cognito:")


def _fits(name: str, value: Any) -> bool:
    return name not in _TYPED or isinstance(value, str | bool | int | float)
