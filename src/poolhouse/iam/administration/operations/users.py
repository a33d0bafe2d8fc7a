"""The verbs that make, name, tag and remove users."""

from __future__ import annotations

from dataclasses import replace

from poolhouse import arns, ids
from poolhouse.access.resources import of_request_tags
from poolhouse.contract import iam as api
from poolhouse.contract.callers import Signed
from poolhouse.iam.administration.permitted import own_name, permitted_user
from poolhouse.iam.credentials.authority import actor_of
from poolhouse.iam.credentials.store import AccessKeys
from poolhouse.iam.listing import listed
from poolhouse.iam.permission import of_holder, permit
from poolhouse.iam.policies.holding import as_boundary, check_bare, check_boundary
from poolhouse.iam.policies.store import HeldPolicies
from poolhouse.iam.tags import as_tags, tags_of, with_tags, without_tags
from poolhouse.iam.users.rows import User
from poolhouse.iam.users.store import Users
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs


@performs(api.CreateUser, open_to_all=True, once=True)
def create_user(call: Call[Signed], ask: api.CreateUserRequest) -> api.CreateUserResponse:
    """Makes a user, who has no permissions yet."""
    path, tags = ask.path or "/", tags_of(ask.tags)
    arn = arns.user(call.account, path, ask.user_name)
    given = of_request_tags(tags)
    if ask.permissions_boundary:
        given["iam:PermissionsBoundary"] = ask.permissions_boundary
    permit(call, api.CreateUser, arn, given)
    if tags:
        permit(call, api.TagUser, arn, given)
    check_boundary(call.unit, ask.permissions_boundary)
    user = User(
        ids.principal("AIDA"),
        ask.user_name,
        path,
        arn,
        ask.permissions_boundary,
        tags,
        call.now,
    )
    if not Users(call.unit).add(user):
        raise _exists(ask.user_name)
    return api.CreateUserResponse(user=as_user(user, tagged=True))


@performs(api.GetUser, open_to_all=True)
def get_user(call: Call[Signed], ask: api.GetUserRequest) -> api.GetUserResponse:
    """One user; the caller where no name is given."""
    if ask.user_name is not None:
        user = permitted_user(call, api.GetUser, ask.user_name)
        return api.GetUserResponse(user=as_user(user, tagged=True))
    actor = actor_of(call.caller)
    if actor is not None and actor.kind == "root":
        permit(call, api.GetUser, actor.arn)
        root = api.User(
            arn=actor.arn,
            create_date=0.0,
            path="/",
            user_id=actor.principal_id,
            user_name="root",
        )
        return api.GetUserResponse(user=root)
    user = permitted_user(call, api.GetUser, own_name(call))
    return api.GetUserResponse(user=as_user(user, tagged=True))


@performs(api.ListUsers)
def list_users(call: Call[Signed], ask: api.ListUsersRequest) -> api.ListUsersResponse:
    """The users below a path, by name."""
    users, prefix = Users(call.unit), ask.path_prefix or "/"
    found = listed(
        call,
        api.ListUsers,
        (prefix,),
        ask.marker,
        ask.max_items,
        lambda after, count: users.list(after, prefix, count),
        lambda user: user.name.lower(),
    )
    return api.ListUsersResponse(
        users=[as_user(user) for user in found.items],
        is_truncated=found.is_truncated,
        marker=found.marker,
    )


@performs(api.UpdateUser, open_to_all=True, once=True)
def update_user(call: Call[Signed], ask: api.UpdateUserRequest) -> None:
    """Renames or moves a user; who may must hold the permission on both names."""
    user = permitted_user(call, api.UpdateUser, ask.user_name, lock=True)
    name, path = ask.new_user_name or user.name, ask.new_path or user.path
    moved = replace(user, name=name, path=path, arn=arns.user(call.account, path, name))
    permit(call, api.UpdateUser, moved.arn, of_holder(user.tags, user.boundary_arn))
    namesake = Users(call.unit).find(name)
    if namesake is not None and namesake.id != user.id:
        raise _exists(name)
    Users(call.unit).change(moved)


@performs(api.DeleteUser, open_to_all=True, once=True)
def delete_user(call: Call[Signed], ask: api.DeleteUserRequest) -> None:
    """Removes a user who has no keys and no policies."""
    user = permitted_user(call, api.DeleteUser, ask.user_name, lock=True)
    if AccessKeys(call.unit).of(user.id):
        raise api.DeleteConflictException("Cannot delete entity, must delete access keys first.")
    check_bare(HeldPolicies(call.unit, user.id))
    Users(call.unit).remove(user)


@performs(api.TagUser, open_to_all=True, once=True)
def tag_user(call: Call[Signed], ask: api.TagUserRequest) -> None:
    """Adds tags to a user; conditions read them as aws:PrincipalTag."""
    tags = tags_of(ask.tags)
    user = permitted_user(call, api.TagUser, ask.user_name, of_request_tags(tags), lock=True)
    Users(call.unit).change(replace(user, tags=with_tags(user.tags, tags)))


@performs(api.UntagUser, open_to_all=True, once=True)
def untag_user(call: Call[Signed], ask: api.UntagUserRequest) -> None:
    """Takes tags from a user; no error where they were not there."""
    given = {"aws:TagKeys": list(ask.tag_keys)}
    user = permitted_user(call, api.UntagUser, ask.user_name, given, lock=True)
    Users(call.unit).change(replace(user, tags=without_tags(user.tags, ask.tag_keys)))


@performs(api.ListUserTags, open_to_all=True)
def list_user_tags(call: Call[Signed], ask: api.ListUserTagsRequest) -> api.ListUserTagsResponse:
    """The tags of a user, of which there are at most fifty."""
    user = permitted_user(call, api.ListUserTags, ask.user_name)
    return api.ListUserTagsResponse(tags=as_tags(user.tags), is_truncated=False)


def as_user(user: User, *, tagged: bool = False) -> api.User:
    """Lists leave the tags out."""
    return api.User(
        arn=user.arn,
        create_date=user.created_at,
        path=user.path,
        user_id=user.id,
        user_name=user.name,
        permissions_boundary=as_boundary(user.boundary_arn),
        tags=as_tags(user.tags) if tagged and user.tags else None,
    )


def _exists(name: str) -> api.EntityAlreadyExistsException:
    return api.EntityAlreadyExistsException(f"User with name {name} already exists.")
