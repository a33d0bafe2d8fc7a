"""The verbs on what a role may do."""

from __future__ import annotations

from dataclasses import replace

from poolhouse.contract import iam as api
from poolhouse.contract.callers import Signed
from poolhouse.iam.administration.permitted import permitted_role
from poolhouse.iam.listing import listed
from poolhouse.iam.policies import holding
from poolhouse.iam.policies.store import HeldPolicies
from poolhouse.iam.roles.store import Roles
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs


@performs(api.PutRolePolicy, open_to_all=True, once=True)
def put_role_policy(call: Call[Signed], ask: api.PutRolePolicyRequest) -> None:
    """Writes an inline policy of a role."""
    role = permitted_role(call, api.PutRolePolicy, ask.role_name, lock=True)
    held = HeldPolicies(call.unit, role.id)
    holding.put_inline(held, "role", role.name, ask.policy_name, ask.policy_document)


@performs(api.GetRolePolicy, open_to_all=True)
def get_role_policy(call: Call[Signed], ask: api.GetRolePolicyRequest) -> api.GetRolePolicyResponse:
    """An inline policy of a role."""
    role = permitted_role(call, api.GetRolePolicy, ask.role_name)
    held = HeldPolicies(call.unit, role.id)
    return api.GetRolePolicyResponse(
        role_name=role.name,
        policy_name=ask.policy_name,
        policy_document=holding.inline_document(held, "role", ask.policy_name),
    )


@performs(api.ListRolePolicies, open_to_all=True)
def list_role_policies(
    call: Call[Signed], ask: api.ListRolePoliciesRequest
) -> api.ListRolePoliciesResponse:
    """The names of a role's inline policies."""
    role = permitted_role(call, api.ListRolePolicies, ask.role_name)
    found = listed(
        call,
        api.ListRolePolicies,
        (role.id,),
        ask.marker,
        ask.max_items,
        HeldPolicies(call.unit, role.id).inline_names,
        lambda name: name,
    )
    return api.ListRolePoliciesResponse(
        policy_names=found.items, is_truncated=found.is_truncated, marker=found.marker
    )


@performs(api.DeleteRolePolicy, open_to_all=True, once=True)
def delete_role_policy(call: Call[Signed], ask: api.DeleteRolePolicyRequest) -> None:
    """Removes an inline policy of a role."""
    role = permitted_role(call, api.DeleteRolePolicy, ask.role_name, lock=True)
    holding.remove_inline(HeldPolicies(call.unit, role.id), "role", ask.policy_name)


@performs(api.AttachRolePolicy, open_to_all=True, once=True)
def attach_role_policy(call: Call[Signed], ask: api.AttachRolePolicyRequest) -> None:
    """Attaches a managed policy to a role."""
    given = {"iam:PolicyARN": ask.policy_arn}
    role = permitted_role(call, api.AttachRolePolicy, ask.role_name, given, lock=True)
    holding.attach(call.unit, HeldPolicies(call.unit, role.id), "role", ask.policy_arn)


@performs(api.DetachRolePolicy, open_to_all=True, once=True)
def detach_role_policy(call: Call[Signed], ask: api.DetachRolePolicyRequest) -> None:
    """Detaches a managed policy from a role."""
    given = {"iam:PolicyARN": ask.policy_arn}
    role = permitted_role(call, api.DetachRolePolicy, ask.role_name, given, lock=True)
    holding.detach(HeldPolicies(call.unit, role.id), ask.policy_arn)


@performs(api.ListAttachedRolePolicies, open_to_all=True)
def list_attached_role_policies(
    call: Call[Signed], ask: api.ListAttachedRolePoliciesRequest
) -> api.ListAttachedRolePoliciesResponse:
    """The managed policies attached to a role."""
    role = permitted_role(call, api.ListAttachedRolePolicies, ask.role_name)
    held, prefix = HeldPolicies(call.unit, role.id), ask.path_prefix or "/"
    found = listed(
        call,
        api.ListAttachedRolePolicies,
        (role.id, prefix),
        ask.marker,
        ask.max_items,
        lambda after, count: held.attached(after, prefix, count),
        lambda policy: policy.name.lower(),
    )
    return api.ListAttachedRolePoliciesResponse(
        attached_policies=[
            api.AttachedPolicy(policy_arn=policy.arn, policy_name=policy.name)
            for policy in found.items
        ],
        is_truncated=found.is_truncated,
        marker=found.marker,
    )


@performs(api.PutRolePermissionsBoundary, open_to_all=True, once=True)
def put_role_permissions_boundary(
    call: Call[Signed], ask: api.PutRolePermissionsBoundaryRequest
) -> None:
    """Bounds what a role can be allowed."""
    given = {"iam:PermissionsBoundary": ask.permissions_boundary}
    role = permitted_role(call, api.PutRolePermissionsBoundary, ask.role_name, given, lock=True)
    holding.check_boundary(call.unit, ask.permissions_boundary)
    Roles(call.unit).change(replace(role, boundary_arn=ask.permissions_boundary))


@performs(api.DeleteRolePermissionsBoundary, open_to_all=True, once=True)
def delete_role_permissions_boundary(
    call: Call[Signed], ask: api.DeleteRolePermissionsBoundaryRequest
) -> None:
    """Takes the boundary from a role."""
    role = permitted_role(call, api.DeleteRolePermissionsBoundary, ask.role_name, lock=True)
    if role.boundary_arn is None:
        raise api.NoSuchEntityException(
            f"The role with name {role.name} has no permissions boundary."
        )
    Roles(call.unit).change(replace(role, boundary_arn=None))
