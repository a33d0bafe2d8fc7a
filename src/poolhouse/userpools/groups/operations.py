"""The verbs on groups."""

from __future__ import annotations

from dataclasses import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Signed
from poolhouse.kernel.call import Call, require_to_pass
from poolhouse.kernel.catalogue import always, performs
from poolhouse.kernel.paging import bookmarks, place_of
from poolhouse.pages import page, size_of
from poolhouse.userpools.groups.rows import Group
from poolhouse.userpools.groups.rules import MOST_GROUPS_OF_A_POOL, MOST_GROUPS_OF_A_USER
from poolhouse.userpools.groups.store import Groups
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.rules import as_user_type
from poolhouse.userpools.users.store import Users


@performs(idp.CreateGroup)
def create_group(call: Call[Signed], ask: idp.CreateGroupRequest) -> idp.CreateGroupResponse:
    """Makes a group; the caller must be allowed to pass its role."""
    groups = Groups(call.unit, Pools(call.unit).get(ask.user_pool_id))
    if ask.role_arn:
        require_to_pass(call.caller, ask.role_arn, idp.SERVICE)
    if groups.count() >= MOST_GROUPS_OF_A_POOL:
        raise idp.LimitExceededException("The user pool has the most groups it can have.")
    group = Group(
        ask.user_pool_id,
        ask.group_name,
        ask.description,
        ask.role_arn,
        ask.precedence,
        call.now,
        call.now,
    )
    if not groups.add(group):
        raise idp.GroupExistsException("A group with the name already exists.")
    return idp.CreateGroupResponse(group=as_group_type(group))


@performs(idp.GetGroup)
def get_group(call: Call[Signed], ask: idp.GetGroupRequest) -> idp.GetGroupResponse:
    """One group."""
    group = Groups(call.unit, Pools(call.unit).get(ask.user_pool_id)).get(ask.group_name)
    return idp.GetGroupResponse(group=as_group_type(group))


@performs(idp.UpdateGroup)
def update_group(call: Call[Signed], ask: idp.UpdateGroupRequest) -> idp.UpdateGroupResponse:
    """Changes what is given of a group and keeps the rest."""
    groups = Groups(call.unit, Pools(call.unit).get(ask.user_pool_id))
    if ask.role_arn:
        require_to_pass(call.caller, ask.role_arn, idp.SERVICE)
    call.unit.begin()
    group = groups.get(ask.group_name)
    changed = replace(
        group,
        description=group.description if ask.description is None else ask.description,
        role_arn=group.role_arn if ask.role_arn is None else ask.role_arn,
        precedence=group.precedence if ask.precedence is None else ask.precedence,
        modified_at=call.now,
    )
    groups.change(changed)
    return idp.UpdateGroupResponse(group=as_group_type(changed))


@performs(idp.DeleteGroup)
def delete_group(call: Call[Signed], ask: idp.DeleteGroupRequest) -> None:
    """Removes a group; its members stay."""
    groups = Groups(call.unit, Pools(call.unit).get(ask.user_pool_id))
    if not groups.remove(ask.group_name):
        raise idp.ResourceNotFoundException("Group not found.")


@performs(idp.ListGroups)
def list_groups(call: Call[Signed], ask: idp.ListGroupsRequest) -> idp.ListGroupsResponse:
    """The groups of a pool, by name."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    marks, size = bookmarks(call, idp.ListGroups, pool.id), size_of(ask.limit)
    (after,) = place_of(marks, ask.next_token) or [""]
    found = page(marks, Groups(call.unit, pool).list(after, size + 1), size, _by_name)
    return idp.ListGroupsResponse(
        groups=[as_group_type(group) for group in found.items], next_token=found.next_token
    )


@performs(idp.AdminAddUserToGroup)
def admin_add_user_to_group(call: Call[Signed], ask: idp.AdminAddUserToGroupRequest) -> None:
    """Puts a user into a group, once."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    groups, user = Groups(call.unit, pool), Users(call.unit, pool).get(ask.username)
    groups.get(ask.group_name)
    if groups.count_of_user(user.sub) >= MOST_GROUPS_OF_A_USER:
        raise idp.LimitExceededException("The user is in the most groups a user can be in.")
    groups.join(ask.group_name, user.sub, call.now)


@performs(idp.AdminRemoveUserFromGroup)
def admin_remove_user_from_group(
    call: Call[Signed], ask: idp.AdminRemoveUserFromGroupRequest
) -> None:
    """Takes a user out of a group; no error where they were not in it."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    groups, user = Groups(call.unit, pool), Users(call.unit, pool).get(ask.username)
    groups.get(ask.group_name)
    groups.leave(ask.group_name, user.sub)


@performs(idp.AdminListGroupsForUser, quick=always)
def admin_list_groups_for_user(
    call: Call[Signed], ask: idp.AdminListGroupsForUserRequest
) -> idp.AdminListGroupsForUserResponse:
    """The groups a user is in, by name."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    marks = bookmarks(call, idp.AdminListGroupsForUser, pool.id, user.sub)
    size = size_of(ask.limit)
    (after,) = place_of(marks, ask.next_token) or [""]
    groups = Groups(call.unit, pool).list_of_user(user.sub, after, size + 1)
    found = page(marks, groups, size, _by_name)
    return idp.AdminListGroupsForUserResponse(
        groups=[as_group_type(group) for group in found.items], next_token=found.next_token
    )


@performs(idp.ListUsersInGroup)
def list_users_in_group(
    call: Call[Signed], ask: idp.ListUsersInGroupRequest
) -> idp.ListUsersInGroupResponse:
    """The users in a group."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    groups = Groups(call.unit, pool)
    group = groups.get(ask.group_name)
    marks, size = bookmarks(call, idp.ListUsersInGroup, pool.id, group.name), size_of(ask.limit)
    (after,) = place_of(marks, ask.next_token) or [""]
    found = page(marks, groups.members(group.name, after, size + 1), size, _by_sub)
    return idp.ListUsersInGroupResponse(
        users=[as_user_type(user) for user in found.items], next_token=found.next_token
    )


def as_group_type(group: Group) -> idp.GroupType:
    return idp.GroupType(
        group_name=group.name,
        user_pool_id=group.pool_id,
        description=group.description,
        role_arn=group.role_arn,
        precedence=group.precedence,
        creation_date=group.created_at,
        last_modified_date=group.modified_at,
    )


def _by_name(group: Group) -> tuple[str, ...]:
    return (group.name,)


def _by_sub(user: User) -> tuple[str, ...]:
    return (user.sub,)
