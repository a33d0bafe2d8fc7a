"""The verbs on what a user may do."""

from __future__ import annotations

from dataclasses import replace

from poolhouse.contract import iam as api
from poolhouse.contract.callers import Signed
from poolhouse.iam.administration.permitted import permitted_user
from poolhouse.iam.listing import listed
from poolhouse.iam.policies import holding
from poolhouse.iam.policies.store import HeldPolicies
from poolhouse.iam.users.store import Users
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs


@performs(api.PutUserPolicy, open_to_all=True, once=True)
def put_user_policy(call: Call[Signed], ask: api.PutUserPolicyRequest) -> None:
    """Writes an inline policy of a user."""
    user = permitted_user(call, api.PutUserPolicy, ask.user_name, lock=True)
    held = HeldPolicies(call.unit, user.id)
    holding.put_inline(held, "user", user.name, ask.policy_name, ask.policy_document)


@performs(api.GetUserPolicy, open_to_all=True)
def get_user_policy(call: Call[Signed], ask: api.GetUserPolicyRequest) -> api.GetUserPolicyResponse:
    """An inline policy of a user."""
    user = permitted_user(call, api.GetUserPolicy, ask.user_name)
    held = HeldPolicies(call.unit, user.id)
    return api.GetUserPolicyResponse(
        user_name=user.name,
        policy_name=ask.policy_name,
        policy_document=holding.inline_document(held, "user", ask.policy_name),
    )


@performs(api.ListUserPolicies, open_to_all=True)
def list_user_policies(
    call: Call[Signed], ask: api.ListUserPoliciesRequest
) -> api.ListUserPoliciesResponse:
    """The names of a user's inline policies."""
    user = permitted_user(call, api.ListUserPolicies, ask.user_name)
    found = listed(
        call,
        api.ListUserPolicies,
        (user.id,),
        ask.marker,
        ask.max_items,
        HeldPolicies(call.unit, user.id).inline_names,
        lambda name: name,
    )
    return api.ListUserPoliciesResponse(
        policy_names=found.items, is_truncated=found.is_truncated, marker=found.marker
    )


@performs(api.DeleteUserPolicy, open_to_all=True, once=True)
def delete_user_policy(call: Call[Signed], ask: api.DeleteUserPolicyRequest) -> None:
    """Removes an inline policy of a user."""
    user = permitted_user(call, api.DeleteUserPolicy, ask.user_name, lock=True)
    holding.remove_inline(HeldPolicies(call.unit, user.id), "user", ask.policy_name)


@performs(api.AttachUserPolicy, open_to_all=True, once=True)
def attach_user_policy(call: Call[Signed], ask: api.AttachUserPolicyRequest) -> None:
    """Attaches a managed policy to a user."""
    given = {"iam:PolicyARN": ask.policy_arn}
    user = permitted_user(call, api.AttachUserPolicy, ask.user_name, given, lock=True)
    holding.attach(call.unit, HeldPolicies(call.unit, user.id), "user", ask.policy_arn)


@performs(api.DetachUserPolicy, open_to_all=True, once=True)
def detach_user_policy(call: Call[Signed], ask: api.DetachUserPolicyRequest) -> None:
    """Detaches a managed policy from a user."""
    given = {"iam:PolicyARN": ask.policy_arn}
    user = permitted_user(call, api.DetachUserPolicy, ask.user_name, given, lock=True)
    holding.detach(HeldPolicies(call.unit, user.id), ask.policy_arn)


@performs(api.ListAttachedUserPolicies, open_to_all=True)
def list_attached_user_policies(
    call: Call[Signed], ask: api.ListAttachedUserPoliciesRequest
) -> api.ListAttachedUserPoliciesResponse:
    """The managed policies attached to a user."""
    user = permitted_user(call, api.ListAttachedUserPolicies, ask.user_name)
    held, prefix = HeldPolicies(call.unit, user.id), ask.path_prefix or "/"
    found = listed(
        call,
        api.ListAttachedUserPolicies,
        (user.id, prefix),
        ask.marker,
        ask.max_items,
        lambda after, count: held.attached(after, prefix, count),
        lambda policy: policy.name.lower(),
    )
    return api.ListAttachedUserPoliciesResponse(
        attached_policies=[
            api.AttachedPolicy(policy_arn=policy.arn, policy_name=policy.name)
            for policy in found.items
        ],
        is_truncated=found.is_truncated,
        marker=found.marker,
    )


@performs(api.PutUserPermissionsBoundary, open_to_all=True, once=True)
def put_user_permissions_boundary(
    call: Call[Signed], ask: api.PutUserPermissionsBoundaryRequest
) -> None:
    """Bounds what a user can be allowed."""
    given = {"iam:PermissionsBoundary": ask.permissions_boundary}
    user = permitted_user(call, api.PutUserPermissionsBoundary, ask.user_name, given, lock=True)
    holding.check_boundary(call.unit, ask.permissions_boundary)
    Users(call.unit).change(replace(user, boundary_arn=ask.permissions_boundary))


@performs(api.DeleteUserPermissionsBoundary, open_to_all=True, once=True)
def delete_user_permissions_boundary(
    call: Call[Signed], ask: api.DeleteUserPermissionsBoundaryRequest
) -> None:
    """Takes the boundary from a user."""
    user = permitted_user(call, api.DeleteUserPermissionsBoundary, ask.user_name, lock=True)
    if user.boundary_arn is None:
        raise api.NoSuchEntityException(
            f"The user with name {user.name} has no permissions boundary."
        )
    Users(call.unit).change(replace(user, boundary_arn=None))
