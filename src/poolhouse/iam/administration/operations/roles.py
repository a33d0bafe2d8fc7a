"""The verbs that make, change, tag and remove roles."""

from __future__ import annotations

import logging
from dataclasses import replace

from poolhouse import arns, ids
from poolhouse.access.resources import of_request_tags
from poolhouse.contract import iam as api
from poolhouse.contract.callers import Signed
from poolhouse.iam.administration.permitted import permitted_role
from poolhouse.iam.listing import listed
from poolhouse.iam.permission import permit
from poolhouse.iam.policies.holding import as_boundary, check_bare, check_boundary
from poolhouse.iam.policies.rules import url_encoded
from poolhouse.iam.policies.store import HeldPolicies
from poolhouse.iam.roles.rows import Role
from poolhouse.iam.roles.rules import SHORTEST_MAX_SESSION, check_trust, names_no_pool
from poolhouse.iam.roles.store import Roles
from poolhouse.iam.tags import as_tags, tags_of, with_tags, without_tags
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs

log = logging.getLogger("poolhouse.iam")


@performs(api.CreateRole, open_to_all=True, once=True)
def create_role(call: Call[Signed], ask: api.CreateRoleRequest) -> api.CreateRoleResponse:
    """Makes a role, which has no permissions yet."""
    path, tags = ask.path or "/", tags_of(ask.tags)
    arn = arns.role(call.account, path, ask.role_name)
    given = of_request_tags(tags)
    if ask.permissions_boundary:
        given["iam:PermissionsBoundary"] = ask.permissions_boundary
    permit(call, api.CreateRole, arn, given)
    if tags:
        permit(call, api.TagRole, arn, given)
    check_trust(ask.assume_role_policy_document)
    check_boundary(call.unit, ask.permissions_boundary)
    role = Role(
        ids.principal("AROA"),
        ask.role_name,
        path,
        arn,
        ask.assume_role_policy_document,
        ask.description or None,
        ask.max_session_duration or SHORTEST_MAX_SESSION,
        ask.permissions_boundary,
        tags,
        call.now,
    )
    if not Roles(call.unit).add(role):
        raise api.EntityAlreadyExistsException(f"Role with name {ask.role_name} already exists.")
    _warn(role)
    return api.CreateRoleResponse(role=as_role(role, whole=True))


@performs(api.GetRole, open_to_all=True)
def get_role(call: Call[Signed], ask: api.GetRoleRequest) -> api.GetRoleResponse:
    """One role."""
    return api.GetRoleResponse(
        role=as_role(permitted_role(call, api.GetRole, ask.role_name), whole=True)
    )


@performs(api.ListRoles)
def list_roles(call: Call[Signed], ask: api.ListRolesRequest) -> api.ListRolesResponse:
    """The roles below a path, by name."""
    roles, prefix = Roles(call.unit), ask.path_prefix or "/"
    found = listed(
        call,
        api.ListRoles,
        (prefix,),
        ask.marker,
        ask.max_items,
        lambda after, count: roles.list(after, prefix, count),
        lambda role: role.name.lower(),
    )
    return api.ListRolesResponse(
        roles=[as_role(role) for role in found.items],
        is_truncated=found.is_truncated,
        marker=found.marker,
    )


@performs(api.UpdateRole, open_to_all=True, once=True)
def update_role(call: Call[Signed], ask: api.UpdateRoleRequest) -> api.UpdateRoleResponse:
    """Changes description and longest session; sessions under way keep their end."""
    role = permitted_role(call, api.UpdateRole, ask.role_name, lock=True)
    changed = replace(
        role,
        description=role.description if ask.description is None else ask.description or None,
        max_session=ask.max_session_duration or role.max_session,
    )
    Roles(call.unit).change(changed)
    return api.UpdateRoleResponse()


@performs(api.UpdateAssumeRolePolicy, open_to_all=True, once=True)
def update_assume_role_policy(call: Call[Signed], ask: api.UpdateAssumeRolePolicyRequest) -> None:
    """Changes who may assume a role; sessions under way go on."""
    role = permitted_role(call, api.UpdateAssumeRolePolicy, ask.role_name, lock=True)
    check_trust(ask.policy_document)
    changed = replace(role, trust=ask.policy_document)
    Roles(call.unit).change(changed)
    _warn(changed)


@performs(api.DeleteRole, open_to_all=True, once=True)
def delete_role(call: Call[Signed], ask: api.DeleteRoleRequest) -> None:
    """Removes a role without policies; its sessions permit nothing from now on."""
    role = permitted_role(call, api.DeleteRole, ask.role_name, lock=True)
    check_bare(HeldPolicies(call.unit, role.id))
    Roles(call.unit).remove(role)


@performs(api.TagRole, open_to_all=True, once=True)
def tag_role(call: Call[Signed], ask: api.TagRoleRequest) -> None:
    """Adds tags to a role; conditions read them as aws:PrincipalTag."""
    tags = tags_of(ask.tags)
    role = permitted_role(call, api.TagRole, ask.role_name, of_request_tags(tags), lock=True)
    Roles(call.unit).change(replace(role, tags=with_tags(role.tags, tags)))


@performs(api.UntagRole, open_to_all=True, once=True)
def untag_role(call: Call[Signed], ask: api.UntagRoleRequest) -> None:
    """Takes tags from a role; no error where they were not there."""
    given = {"aws:TagKeys": list(ask.tag_keys)}
    role = permitted_role(call, api.UntagRole, ask.role_name, given, lock=True)
    Roles(call.unit).change(replace(role, tags=without_tags(role.tags, ask.tag_keys)))


@performs(api.ListRoleTags, open_to_all=True)
def list_role_tags(call: Call[Signed], ask: api.ListRoleTagsRequest) -> api.ListRoleTagsResponse:
    """The tags of a role, of which there are at most fifty."""
    role = permitted_role(call, api.ListRoleTags, ask.role_name)
    return api.ListRoleTagsResponse(tags=as_tags(role.tags), is_truncated=False)


def as_role(role: Role, *, whole: bool = False) -> api.Role:
    """Lists leave tags and boundary out."""
    return api.Role(
        arn=role.arn,
        assume_role_policy_document=url_encoded(role.trust),
        create_date=role.created_at,
        description=role.description,
        max_session_duration=role.max_session,
        path=role.path,
        permissions_boundary=as_boundary(role.boundary_arn) if whole else None,
        role_id=role.id,
        role_last_used=api.RoleLastUsed() if whole else None,
        role_name=role.name,
        tags=as_tags(role.tags) if whole and role.tags else None,
    )


def _warn(role: Role) -> None:
    if names_no_pool(role.trust):
        log.warning(
            "role %s trusts every identity pool: its trust policy has no condition on "
            "cognito-identity.amazonaws.com:aud",
            role.arn,
        )
