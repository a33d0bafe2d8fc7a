"""USER_SRP_AUTH and its challenge PASSWORD_VERIFIER: the password proved, never sent.

The state travels in SECRET_BLOCK, because clients answer without a Session (RFC 5054, and
Cognito's own variant of it; see `srp`).
"""

from __future__ import annotations

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.passwords import srp
from poolhouse.userpools.signin import passage, tries
from poolhouse.userpools.signin.claimant import Claimant
from poolhouse.userpools.signin.entrance import (
    Entrance,
    Parameters,
    incorrect,
    required,
)
from poolhouse.userpools.signin.passage import Passage
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.signin.step import Outcome, Posed, Proved
from poolhouse.userpools.users.naming import key_of

NAME = "PASSWORD_VERIFIER"
# A proof is made within moments of its challenge; the rest is what clocks may be off.
_TIMESTAMP_SKEW = 300.0


def begin(entrance: Entrance, given: Parameters, *, flow: str) -> Posed:
    """USER_SRP_AUTH: answers B and the salt at once."""
    name = required(given, "USERNAME")
    required(given, "SRP_A")
    entrance.prove_secret(name, given)
    claimant = entrance.pre_authenticated(entrance.claimant(name), name)
    return pose(entrance, claimant, name, Progress(flow=flow), given)


def pose(
    entrance: Entrance,
    claimant: Claimant,
    name: str,
    progress: Progress,
    given: Parameters,
    spent: Passage | None = None,
    *,
    with_session: bool = False,
) -> Posed:
    """B and the salt for the client's A. For a name that nobody has, a salt that is the same
    each time. `with_session` where the client is used to one; the state is in the block."""
    a = public_a(given)
    user_id, salt, verifier = _known(entrance, name, claimant)
    b = ids.octets(srp.SECRET_OCTETS)
    big_b = srp.public_b(verifier, b)
    data = {"A": srp.pad(a), "b": b, "B": srp.pad(big_b)}
    block = entrance.passage(claimant.user, name, NAME, progress, data)
    outcome = Outcome(
        NAME,
        {
            "SALT": salt,
            "SECRET_BLOCK": block,
            "SRP_B": f"{big_b:x}",
            "USERNAME": user_id,
            "USER_ID_FOR_SRP": user_id,
        },
        session=block if with_session else None,
    )
    return Posed(outcome, spent=spent)


def public_a(given: Parameters) -> int:
    """The client's A. Raises InvalidParameterException."""
    try:
        return srp.parse_a(required(given, "SRP_A"))
    except srp.BadPublicValue:
        raise idp.InvalidParameterException("Invalid SRP_A.") from None


def answer(entrance: Entrance, session: str, given: Parameters) -> Proved:
    """Judges the proof: PASSWORD_CLAIM_SIGNATURE over the block and TIMESTAMP. The state is in
    the block; a Session is not sent by every client, and not needed."""
    block = required(given, "PASSWORD_CLAIM_SECRET_BLOCK")
    claim = required(given, "PASSWORD_CLAIM_SIGNATURE")
    timestamp = required(given, "TIMESTAMP")
    state, claimant = entrance.resumed_claimant(block, NAME, given)
    subject = tries.subject_of(entrance, claimant.user, state.name)
    waited = tries.admit(entrance, subject)
    with tries.judging(entrance, subject):
        if waited:
            claimant = entrance.claimants.again(claimant)
        right = _proves(entrance, state, claimant, claim, block, timestamp)
    user, password = claimant.user, claimant.password
    if user is None or password is None or not right:
        tries.failed(entrance, subject)
        raise incorrect()
    return Proved(
        user,
        state.progress.with_password(NAME, password.srp_salt).with_a(state.data["A"]),
        spent=state,
        tried=subject,
        password_expires_at=password.expires_at,
        in_groups=claimant.in_groups,
    )


def _known(entrance: Entrance, name: str, claimant: Claimant) -> tuple[str, str, bytes]:
    """USER_ID_FOR_SRP, salt (hex) and verifier: a user's own, or a decoy's."""
    user, password = claimant.user, claimant.password
    if user is not None and password is not None:
        verifier = entrance.passwords.verifier(user, password)
        return user.username, password.srp_salt, verifier
    key = f"{entrance.pool.id}/{key_of(entrance.pool, name)}".encode()
    mac = entrance.call.services.sealer.mac
    salt, verifier = srp.decoy(mac(key, "srp decoy"))
    user_id = user.username if user else entrance.nobodys_username(name)
    return user_id, salt.hex(), verifier


def _proves(
    entrance: Entrance,
    state: Passage,
    claimant: Claimant,
    claim: str,
    block: str,
    timestamp: str,
) -> bool:
    """The arithmetic is done for a decoy as well."""
    user_id, _, verifier = _known(entrance, state.name, claimant)
    names = entrance.pool.short_name, user_id
    return right(entrance, state, verifier, names, claim, block, timestamp)


def right(
    entrance: Entrance,
    state: Passage,
    verifier: bytes,
    names: tuple[str, str],
    claim: str,
    block: str,
    timestamp: str,
) -> bool:
    """True for a right and timely proof by whoever has the secret of `verifier`; `names` are the
    two that it is bound to, a pool and a user or a group and a device."""
    a, big_b = (int.from_bytes(state.data[name]) for name in ("A", "B"))
    try:
        key = entrance.call.services.hasher.run(
            srp.session_key, a, big_b, verifier, state.data["b"]
        )
        moment = srp.parse_timestamp(timestamp)
    except (srp.BadPublicValue, srp.BadTimestamp):
        return False
    expected = srp.signature(key, *names, passage.octets_of(block), timestamp)
    timely = abs(entrance.call.now - moment) <= _TIMESTAMP_SKEW
    return srp.proves(claim, expected) and timely
