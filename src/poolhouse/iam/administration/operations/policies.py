"""The verbs on customer managed policies and their versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from poolhouse import ids
from poolhouse.access.resources import of_request_tags
from poolhouse.contract import iam as api
from poolhouse.contract.callers import Signed
from poolhouse.iam.administration.store import Entity, entities
from poolhouse.iam.listing import listed
from poolhouse.iam.permission import permit
from poolhouse.iam.policies import rules
from poolhouse.iam.policies.rows import ManagedPolicy, PolicyVersion
from poolhouse.iam.policies.store import ManagedPolicies
from poolhouse.iam.roles.store import Roles
from poolhouse.iam.tags import as_tags, tags_of
from poolhouse.iam.users.store import Users
from poolhouse.kernel.call import Call, require
from poolhouse.kernel.catalogue import performs
from poolhouse.kernel.unit import Unit


@performs(api.CreatePolicy, open_to_all=True, once=True)
def create_policy(call: Call[Signed], ask: api.CreatePolicyRequest) -> api.CreatePolicyResponse:
    """Makes a managed policy with its first version."""
    path, tags = ask.path or "/", tags_of(ask.tags)
    arn = rules.arn_of(call.account, path, ask.policy_name)
    given = of_request_tags(tags)
    permit(call, api.CreatePolicy, arn, given)
    if tags:
        require(call.caller, "iam:TagPolicy", arn, given)
    rules.check(ask.policy_document, "identity", rules.MANAGED_LIMIT)
    policy = ManagedPolicy(
        arn,
        ids.principal("ANPA"),
        ask.policy_name,
        path,
        ask.description,
        tags,
        1,
        1,
        call.now,
        call.now,
    )
    if not ManagedPolicies(call.unit).add(policy, ask.policy_document):
        raise api.EntityAlreadyExistsException(
            f"A policy called {ask.policy_name} already exists. Duplicate names are not allowed."
        )
    return api.CreatePolicyResponse(policy=_as_policy(policy, call.unit))


@performs(api.GetPolicy)
def get_policy(call: Call[Signed], ask: api.GetPolicyRequest) -> api.GetPolicyResponse:
    """One managed policy, without its document."""
    policy = ManagedPolicies(call.unit).get(ask.policy_arn)
    answer = _as_policy(policy, call.unit)
    answer.description = policy.description
    answer.tags = as_tags(policy.tags)
    return api.GetPolicyResponse(policy=answer)


@performs(api.ListPolicies)
def list_policies(call: Call[Signed], ask: api.ListPoliciesRequest) -> api.ListPoliciesResponse:
    """The managed policies below a path, by name. AWS's own are none of this server's."""
    if ask.scope == "AWS":
        return api.ListPoliciesResponse(policies=[], is_truncated=False)
    policies, prefix = ManagedPolicies(call.unit), ask.path_prefix or "/"
    usage = ask.policy_usage_filter or ("PermissionsPolicy" if ask.only_attached else "")
    found = listed(
        call,
        api.ListPolicies,
        (prefix, usage),
        ask.marker,
        ask.max_items,
        lambda after, count: policies.list(after, prefix, count, usage),
        lambda policy: policy.name.lower(),
    )
    return api.ListPoliciesResponse(
        policies=[_as_policy(policy, call.unit) for policy in found.items],
        is_truncated=found.is_truncated,
        marker=found.marker,
    )


@performs(api.DeletePolicy, once=True)
def delete_policy(call: Call[Signed], ask: api.DeletePolicyRequest) -> None:
    """Removes a policy that nobody holds and that has no version but the default."""
    policies = ManagedPolicies(call.unit)
    policy = policies.lock(ask.policy_arn)
    if policies.attachments(policy.arn) or _bounds(call.unit, policy.arn):
        raise api.DeleteConflictException("Cannot delete a policy attached to entities.")
    if len(policies.versions(policy.arn)) > 1:
        raise api.DeleteConflictException(
            "This policy has more than one version. Before you delete a policy, you must delete "
            "the policy's versions. The default version is deleted with the policy."
        )
    policies.remove(policy.arn)


@performs(api.CreatePolicyVersion, once=True)
def create_policy_version(
    call: Call[Signed], ask: api.CreatePolicyVersionRequest
) -> api.CreatePolicyVersionResponse:
    """Adds a version; it takes effect at once where it is set as default."""
    policies = ManagedPolicies(call.unit)
    policy = policies.lock(ask.policy_arn)
    rules.check(ask.policy_document, "identity", rules.MANAGED_LIMIT)
    if len(policies.versions(policy.arn)) >= rules.MOST_VERSIONS:
        raise api.LimitExceededException(
            f"A managed policy can have up to {rules.MOST_VERSIONS} versions. Before you create "
            "a new version, you must delete an existing version."
        )
    number = policy.latest_version + 1
    version = PolicyVersion(policy.arn, number, ask.policy_document, call.now)
    policies.add_version(version)
    default = number if ask.set_as_default else policy.default_version
    policies.change(
        replace(policy, default_version=default, latest_version=number, updated_at=call.now)
    )
    return api.CreatePolicyVersionResponse(policy_version=_as_version(version, default))


@performs(api.GetPolicyVersion)
def get_policy_version(
    call: Call[Signed], ask: api.GetPolicyVersionRequest
) -> api.GetPolicyVersionResponse:
    """A version with its document."""
    policy = ManagedPolicies(call.unit).get(ask.policy_arn)
    version = _version(call.unit, policy, ask.version_id)
    answer = _as_version(version, policy.default_version)
    answer.document = rules.url_encoded(version.document)
    return api.GetPolicyVersionResponse(policy_version=answer)


@performs(api.ListPolicyVersions)
def list_policy_versions(
    call: Call[Signed], ask: api.ListPolicyVersionsRequest
) -> api.ListPolicyVersionsResponse:
    """The versions, of which there are at most five, newest first."""
    policies = ManagedPolicies(call.unit)
    policy = policies.get(ask.policy_arn)
    return api.ListPolicyVersionsResponse(
        versions=[_as_version(v, policy.default_version) for v in policies.versions(policy.arn)],
        is_truncated=False,
    )


@performs(api.SetDefaultPolicyVersion, once=True)
def set_default_policy_version(call: Call[Signed], ask: api.SetDefaultPolicyVersionRequest) -> None:
    """Puts a version in force."""
    policies = ManagedPolicies(call.unit)
    policy = policies.lock(ask.policy_arn)
    version = _version(call.unit, policy, ask.version_id)
    policies.change(replace(policy, default_version=version.number, updated_at=call.now))


@performs(api.DeletePolicyVersion, once=True)
def delete_policy_version(call: Call[Signed], ask: api.DeletePolicyVersionRequest) -> None:
    """Removes a version that is not the default."""
    policies = ManagedPolicies(call.unit)
    policy = policies.lock(ask.policy_arn)
    version = _version(call.unit, policy, ask.version_id)
    if version.number == policy.default_version:
        raise api.DeleteConflictException("Cannot delete the default version of a policy.")
    policies.remove_version(policy.arn, version.number)


@performs(api.ListEntitiesForPolicy)
def list_entities_for_policy(
    call: Call[Signed], ask: api.ListEntitiesForPolicyRequest
) -> api.ListEntitiesForPolicyResponse:
    """The roles and users that a policy is attached to, or bounds."""
    policy = ManagedPolicies(call.unit).get(ask.policy_arn)
    usage, wanted = ask.policy_usage_filter, ask.entity_filter
    prefix = ask.path_prefix or "/"

    def read(after: str, count: int) -> Sequence[Entity]:
        return entities(
            call.unit,
            policy.arn,
            permissions=usage != "PermissionsBoundary",
            boundaries=usage != "PermissionsPolicy",
            prefix=prefix,
            after=after,
            count=count,
        )

    bound_to = (policy.arn, prefix, str(usage))
    found = listed(
        call, api.ListEntitiesForPolicy, bound_to, ask.marker, ask.max_items, read, _place
    )
    shown = [e for e in found.items if wanted is None or e.kind == wanted.lower()]
    return api.ListEntitiesForPolicyResponse(
        policy_groups=[],
        policy_roles=[
            api.PolicyRole(role_id=e.id, role_name=e.name) for e in shown if e.kind == "role"
        ],
        policy_users=[
            api.PolicyUser(user_id=e.id, user_name=e.name) for e in shown if e.kind == "user"
        ],
        is_truncated=found.is_truncated,
        marker=found.marker,
    )


def _place(entity: Entity) -> str:
    return entity.place


def _version(unit: Unit, policy: ManagedPolicy, version_id: str) -> PolicyVersion:
    for version in ManagedPolicies(unit).versions(policy.arn):
        if f"v{version.number}" == version_id:
            return version
    raise api.NoSuchEntityException(
        f"Policy {policy.arn} version {version_id} does not exist or is not attachable."
    )


def _bounds(unit: Unit, arn: str) -> int:
    return Users(unit).bounded_by(arn) + Roles(unit).bounded_by(arn)


def _as_policy(policy: ManagedPolicy, unit: Unit) -> api.Policy:
    return api.Policy(
        arn=policy.arn,
        attachment_count=ManagedPolicies(unit).attachments(policy.arn),
        create_date=policy.created_at,
        default_version_id=f"v{policy.default_version}",
        is_attachable=True,
        path=policy.path,
        permissions_boundary_usage_count=_bounds(unit, policy.arn),
        policy_id=policy.id,
        policy_name=policy.name,
        update_date=policy.updated_at,
    )


def _as_version(version: PolicyVersion, default: int) -> api.PolicyVersion:
    return api.PolicyVersion(
        create_date=version.created_at,
        is_default_version=version.number == default,
        version_id=f"v{version.number}",
    )
