"""Where a sign-in comes in, and how it goes on: what all steps of the engine have in hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.userpools.clients.proving import prove_secret_hash
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.messages.nobody import likely_username
from poolhouse.userpools.passwords.store import Passwords
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.signin import passage
from poolhouse.userpools.signin.claimant import Claimant, Claimants
from poolhouse.userpools.signin.passage import Passage
from poolhouse.userpools.signin.progress import CUSTOM_FLOW, Progress
from poolhouse.userpools.tokens.rows import Ongoing
from poolhouse.userpools.triggers.asking import Triggers
from poolhouse.userpools.users.naming import key_of
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.rules import bad_session
from poolhouse.userpools.users.store import Users, missing
from poolhouse.values import Value

Parameters = Mapping[str, str]

_LONGEST_NAME = 256
INCORRECT = "Incorrect username or password."


class Entrance(Value, frozen=True):
    """One request of a sign-in at one client of one pool. `admin` for the signed twins.

    The ClientMetadata of a request that begins is `validation`, which the triggers before the
    password are told as `validationData`; that of one that goes on is `metadata`, which the
    triggers after it are told (InitiateAuth and RespondToAuthChallenge, API reference). `ongoing`
    is the session of the request's refresh token, where it was read together with its client."""

    secret: ClassVar = frozenset({"metadata", "validation"})
    call: Call[Any]
    pool: Pool
    client: Client
    admin: bool
    metadata: Mapping[str, str] | None = None
    validation: Mapping[str, str] | None = None
    ongoing: Ongoing | None = None

    @property
    def users(self) -> Users:
        return Users(self.call.unit, self.pool)

    @property
    def passwords(self) -> Passwords:
        return Passwords(self.call, self.pool)

    @property
    def claimants(self) -> Claimants:
        return Claimants(self.call, self.pool)

    @property
    def hides_users(self) -> bool:
        return self.client.hides_users

    def conceal(self) -> None:
        """Where the client hides who exists, the time of the answer hides it too."""
        if self.hides_users:
            self.call.unit.conceal()

    def prove_secret(self, username: str, given: Parameters) -> None:
        """SECRET_HASH over the name as it was sent."""
        prove_secret_hash(self.call, self.client, username, given.get("SECRET_HASH"))

    # passages --------------------------------------------------------------------------
    def passage(
        self,
        user: User | None,
        name: str,
        step: str,
        progress: Progress,
        data: dict[str, bytes] | None = None,
    ) -> str:
        """A sealed passage to `step`: the Session that the client is given. `user` is None for a
        name that nobody has.

        Raises InvalidLambdaResponseException where the functions of CUSTOM_AUTH would have it
        longer than a client may send back; InvalidParameterException where what was typed would.
        """
        made = passage.new(
            self.pool,
            self.client,
            sub=user.sub if user else passage.NOBODY,
            name=name,
            step=step,
            now=self.call.now,
            progress=progress,
            data=data,
        )
        session = passage.sealed(self.call.services.sealer, made)
        if len(session) <= passage.LONGEST:
            return session
        if progress.flow == CUSTOM_FLOW and len(name) <= _LONGEST_NAME:
            raise idp.InvalidLambdaResponseException(
                "The private parameters and the history of the challenges are too long."
            )
        raise idp.InvalidParameterException("The authentication parameters are too long.")

    def opened(self, session: str, step: str) -> Passage:
        """The passage of a Session that waits for `step`. Raises NotAuthorizedException."""
        sealer = self.call.services.sealer
        return passage.opened(sealer, session, self.pool, self.client, step, self.call.now)

    def waits_for(self, session: str, step: str) -> bool:
        """Whether a Session is one of this step, good or not."""
        state = passage.unsealed(self.call.services.sealer, session)
        return state is not None and state.step == step

    def resumed(self, session: str, step: str, given: Parameters) -> tuple[Passage, User]:
        """A sign-in that goes on at `step`, and the user whose it is.

        Raises NotAuthorizedException, InvalidParameterException.
        """
        state, user = self.resumed_or_decoy(session, step, given)
        if user is None:
            raise incorrect()
        return state, user

    def resumed_or_decoy(
        self, session: str, step: str, given: Parameters
    ) -> tuple[Passage, User | None]:
        """The same where the sign-in may be one of a name that nobody has."""
        state = self._resuming(session, step, given)
        user = self.users.by_sub(state.sub)
        self.check_named(state, user, given)
        return state, user

    def resumed_claimant(
        self, session: str, step: str, given: Parameters
    ) -> tuple[Passage, Claimant]:
        """The same with what a password is judged by."""
        state = self._resuming(session, step, given)
        claimant = self.claimants.by_sub(state.sub)
        self.check_named(state, claimant.user, given)
        return state, claimant

    def _resuming(self, session: str, step: str, given: Parameters) -> Passage:
        self.prove_secret(required(given, "USERNAME"), given)
        return self.opened(session, step)

    # users -----------------------------------------------------------------------------
    def user(self, name: str) -> User | None:
        """The user of this name; None is a decoy's, where the client hides who exists.

        Raises UserNotFoundException where it does not.
        """
        found = self.users.find(name)
        if found is None:
            self.refuse_unknown()
        return found

    def claimant(self, name: str) -> Claimant:
        """The same with what a password is judged by."""
        found = self.claimants.find(name)
        if found.user is None:
            self.refuse_unknown()
        return found

    def refuse_unknown(self) -> None:
        """Raises UserNotFoundException where the client does not hide who exists."""
        if not self.hides_users:
            raise missing()

    def pre_authenticate(self, user: User | None, name: str) -> None:
        """Asks PreAuthentication, which may refuse. Raises UserLambdaValidationException."""
        triggers = Triggers(self.call, self.pool)
        triggers.pre_authentication(user, name, self.client, self.validation)

    def pre_authenticated(self, claimant: Claimant, name: str) -> Claimant:
        """The same; answers the claimant as they are after the function had its time."""
        self.pre_authenticate(claimant.user, name)
        config = self.pool.settings.lambda_config
        asked = config is not None and config.pre_authentication
        return self.claimants.again(claimant) if asked else claimant

    def check_named(self, state: Passage, user: User | None, given: Parameters) -> None:
        """The user of a passage must be named by USERNAME too, by whatever name they use; a
        passage of a name that nobody has is judged alike.

        Raises NotAuthorizedException.
        """
        name = required(given, "USERNAME")
        if user is None and state.sub != passage.NOBODY:
            raise bad_session()
        own = (user.username, user.sub) if user else (self.nobodys_username(state.name),)
        if name == state.name or name in own:
            return
        found = self.users.find(name)
        if user is None:
            same = found is None and key_of(self.pool, name) == key_of(self.pool, state.name)
        else:
            same = found is not None and found.sub == user.sub
        if not same:
            raise bad_session()

    def nobodys_username(self, name: str) -> str:
        """The user name that a user of this name would have."""
        return likely_username(self.call, self.pool, name)


def required(given: Parameters, name: str) -> str:
    """Raises InvalidParameterException where the parameter is absent or empty."""
    value = given.get(name)
    if not value:
        raise idp.InvalidParameterException(f"Missing required parameter {name}")
    return value


def incorrect() -> idp.NotAuthorizedException:
    return idp.NotAuthorizedException(INCORRECT)
