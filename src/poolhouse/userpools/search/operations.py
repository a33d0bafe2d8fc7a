"""The verb of searching."""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Signed
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import always, performs
from poolhouse.kernel.paging import bookmarks, place_of
from poolhouse.pages import page, size_of
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.search import rules
from poolhouse.userpools.search.store import Found
from poolhouse.userpools.users.rules import as_user_type


@performs(idp.ListUsers, quick=always)
def list_users(call: Call[Signed], ask: idp.ListUsersRequest) -> idp.ListUsersResponse:
    """The users of a pool, all or those that a filter finds, in the order of what it filters."""
    pool_id, only = ask.user_pool_id, ask.attributes_to_get or None
    if only is not None:
        rules.check_attributes(Pools(call.unit).get(pool_id), only)
    wanted = rules.parsed(ask.filter)
    bound_to = wanted.bound_to if wanted else ()
    marks, size = bookmarks(call, idp.ListUsers, pool_id, *bound_to), size_of(ask.limit)
    after = place_of(marks, ask.pagination_token)
    keys = rules.keys_of(wanted)
    rows = Found(call.unit, pool_id, keys).list(after, size + 1) if keys else []
    if keys is None or not rows:
        # Users say that their pool is there; where there are none it is asked for.
        Pools(call.unit).get(pool_id)
        return idp.ListUsersResponse(users=[])
    found = page(marks, rows, size, lambda user: rules.place(keys, user))
    shown = [as_user_type(user, only) for user in found.items if rules.matches(wanted, user)]
    return idp.ListUsersResponse(users=shown, pagination_token=found.next_token)
