"""Tags of a pool: which are allowed, and which pool an ARN names."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from poolhouse import arns
from poolhouse.contract import cognito_idp as idp

MOST_TAGS = 50


def flaw(tags: Mapping[str, str]) -> str | None:
    """Why a pool cannot have these tags; None where it can."""
    if len(tags) > MOST_TAGS:
        return f"A user pool can have at most {MOST_TAGS} tags."
    if any(key.lower().startswith("aws:") for key in tags):
        return "Tag keys that begin with aws: are reserved."
    return None


def tagged(before: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """The tags after adding some. Raises InvalidParameterException."""
    after = {**before, **added}
    if why := flaw(after):
        raise idp.InvalidParameterException(why)
    return after


def untagged(before: Mapping[str, str], keys: Collection[str]) -> dict[str, str]:
    return {key: value for key, value in before.items() if key not in keys}


def pool_id_of(arn: str, account: str) -> str:
    """The pool that an ARN names. Permission was decided on the ARN as it was sent, so it must
    be that pool's own ARN to the letter.

    Raises InvalidParameterException.
    """
    pool_id = arn.rpartition(":userpool/")[2]
    if arn != arns.user_pool(account, pool_id):
        raise idp.InvalidParameterException("Invalid resource ARN: it must be of a user pool.")
    return pool_id
