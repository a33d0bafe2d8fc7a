"""Sync sessions: the token that ListRecords hands out and UpdateRecords demands.

It is good for an hour, and for one dataset of one identity. It may be used again, which changes
nothing: a record's count decides whether a write still fits.
"""

from __future__ import annotations

from poolhouse import ids
from poolhouse.contract import cognito_sync as sync
from poolhouse.contract.callers import Signed
from poolhouse.identitypools.identities.rows import Identity
from poolhouse.kernel.call import Call
from poolhouse.kernel.paging import bookmarks
from poolhouse.pages import BadToken


def session_token(call: Call[Signed], identity: Identity, dataset: str, token: str | None) -> str:
    """The token given, if it is of this dataset's sessions; a new one where none is given.

    Raises InvalidParameterException.
    """
    marks = bookmarks(call, sync.UpdateRecords, identity.id, dataset)
    try:
        given = marks.after(token)
    except BadToken:
        raise sync.InvalidParameterException(
            "SyncSessionToken not valid for these inputs"
        ) from None
    return marks.token(ids.random_uuid()) if token is None or given is None else token
