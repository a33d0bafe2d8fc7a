"""Asking the functions of a pool. Each method is one trigger; where a pool names none, it costs
nothing and changes nothing. All of them call out, so no transaction may be open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.triggers import answers, overrides
from poolhouse.userpools.triggers.answers import Created, Defined, Migrated, SignUpSay
from poolhouse.userpools.triggers.events import Event, attributes_of, event
from poolhouse.userpools.users.rows import User

Metadata = Mapping[str, str] | None
_NOBODY = idp.LambdaConfigType()


class Triggers:
    def __init__(self, call: Call[Any], pool: Pool) -> None:
        self._call = call
        self._pool = pool
        self._config = pool.settings.lambda_config or _NOBODY

    # signing up ------------------------------------------------------------------------
    def pre_sign_up(
        self,
        source: str,
        username: str,
        client: Client | None,
        attributes: Mapping[str, str],
        validation: Metadata,
        metadata: Metadata,
    ) -> SignUpSay:
        """Raises UserLambdaValidationException, where the function refuses the user."""
        request = {
            "userAttributes": dict(attributes),
            "validationData": validation,
            "clientMetadata": metadata,
        }
        empty = {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}
        arn = self._config.pre_sign_up
        told = self._ask(arn, f"PreSignUp_{source}", username, client, request, empty)
        return SignUpSay() if told is None else answers.signed_up(told)

    def post_confirmation(
        self, source: str, user: User, client: Client | None, metadata: Metadata
    ) -> None:
        request = {"userAttributes": self._attributes(user), "clientMetadata": metadata}
        arn = self._config.post_confirmation
        self._ask(arn, f"PostConfirmation_{source}", user.username, client, request, {})

    # signing in ------------------------------------------------------------------------
    def pre_authentication(
        self, user: User | None, name: str, client: Client, metadata: Metadata
    ) -> None:
        """Raises UserLambdaValidationException, where the function refuses the sign-in."""
        request = {
            "userAttributes": self._attributes(user),
            "validationData": metadata,
            "userNotFound": user is None,
        }
        arn, source = self._config.pre_authentication, "PreAuthentication_Authentication"
        self._ask(arn, source, user.username if user else name, client, request, {})

    def post_authentication(
        self, user: User, client: Client, metadata: Metadata, *, new_device: bool
    ) -> None:
        request = {
            "userAttributes": self._attributes(user),
            "newDeviceUsed": new_device,
            "clientMetadata": metadata,
        }
        arn, source = self._config.post_authentication, "PostAuthentication_Authentication"
        self._ask(arn, source, user.username, client, request, {})

    def define_auth_challenge(
        self,
        user: User | None,
        name: str,
        client: Client,
        rounds: Sequence[Mapping[str, Any]],
        metadata: Metadata,
    ) -> Defined:
        request = {
            "userAttributes": self._attributes(user),
            "session": list(rounds),
            "clientMetadata": metadata,
            "userNotFound": user is None,
        }
        empty = {"challengeName": None, "issueTokens": None, "failAuthentication": None}
        arn, source = self._config.define_auth_challenge, "DefineAuthChallenge_Authentication"
        told = self._ask(arn, source, user.username if user else name, client, request, empty)
        return answers.defined(told or {})

    def create_auth_challenge(
        self,
        user: User | None,
        name: str,
        client: Client,
        challenge: str,
        rounds: Sequence[Mapping[str, Any]],
        metadata: Metadata,
    ) -> Created:
        request = {
            "userAttributes": self._attributes(user),
            "challengeName": challenge,
            "session": list(rounds),
            "clientMetadata": metadata,
            "userNotFound": user is None,
        }
        empty = {
            "publicChallengeParameters": None,
            "privateChallengeParameters": None,
            "challengeMetadata": None,
        }
        arn, source = self._config.create_auth_challenge, "CreateAuthChallenge_Authentication"
        told = self._ask(arn, source, user.username if user else name, client, request, empty)
        return answers.created(told or {})

    def verify_auth_challenge(
        self,
        user: User | None,
        name: str,
        client: Client,
        private: Mapping[str, str],
        answer: str,
        metadata: Metadata,
    ) -> bool:
        request = {
            "userAttributes": self._attributes(user),
            "privateChallengeParameters": dict(private),
            "challengeAnswer": answer,
            "clientMetadata": metadata,
            "userNotFound": user is None,
        }
        told = self._ask(
            self._config.verify_auth_challenge_response,
            "VerifyAuthChallengeResponse_Authentication",
            user.username if user else name,
            client,
            request,
            {"answerCorrect": None},
        )
        return answers.judged(told or {})

    def user_migration(
        self,
        source: str,
        name: str,
        client: Client,
        password: str | None,
        validation: Metadata,
        metadata: Metadata,
    ) -> Migrated | None:
        request: Event = {"validationData": validation, "clientMetadata": metadata}
        if password is not None:
            request["password"] = password
        empty = {
            "userAttributes": None,
            "forceAliasCreation": None,
            "enableSMSMFA": None,
            "finalUserStatus": None,
            "messageAction": None,
            "desiredDeliveryMediums": None,
        }
        arn = self._config.user_migration
        told = self._ask(arn, f"UserMigration_{source}", name, client, request, empty)
        return None if told is None else answers.migrated(told)

    # tokens and messages ---------------------------------------------------------------
    @property
    def changes_tokens(self) -> bool:
        """Whether PreTokenGeneration is asked."""
        return overrides.configured(self._config)[1] is not None

    def pre_token_generation(
        self,
        user: User,
        client: Client,
        groups: overrides.Groups,
        scopes: Sequence[str],
        source: str,
        metadata: Metadata,
    ) -> overrides.Overrides | None:
        """What the function wants changed in the tokens; None without a function."""
        version, arn = overrides.configured(self._config)
        if arn is None:
            return None
        request: Event = {
            "userAttributes": self._attributes(user),
            "groupConfiguration": groups.told(),
            "clientMetadata": metadata,
        }
        if version != "1":
            request["scopes"] = list(scopes)
        empty = {overrides.MEMBER[version]: None}
        name = user.username
        told = self._ask(arn, source, name, client, request, empty, version, "PreTokenGeneration")
        return overrides.read(told or {}, version)

    def custom_message(
        self, kind: str, user: User, client: Client | None, username: str | None, metadata: Metadata
    ) -> answers.Message | None:
        """`username` is the placeholder that an invitation must hold; None for codes."""
        request = {
            "userAttributes": self._attributes(user),
            "codeParameter": "{####}",
            "usernameParameter": username,
            "linkParameter": "{##Click Here##}",
            "clientMetadata": metadata,
        }
        empty = {"smsMessage": None, "emailMessage": None, "emailSubject": None}
        arn = self._config.custom_message
        told = self._ask(arn, f"CustomMessage_{kind}", user.username, client, request, empty)
        return None if told is None else answers.message(told)

    # calling ---------------------------------------------------------------------------
    def _attributes(self, user: User | None) -> dict[str, str]:
        return attributes_of(self._pool, user)

    def _ask(
        self,
        arn: str | None,
        source: str,
        username: str,
        client: Client | None,
        request: Mapping[str, Any],
        response: Mapping[str, Any],
        version: str = "1",
        trigger: str | None = None,
    ) -> dict[str, Any] | None:
        """The function's `response`; None where the pool names no function."""
        if arn is None:
            return None
        self._call.unit.outside()
        asked = event(
            self._pool,
            source,
            username=username,
            client_id=client.id if client else None,
            request=request,
            response=response,
            version=version,
        )
        trigger = trigger or source.partition("_")[0]
        told = self._call.services.functions.call(arn, asked, trigger=trigger)
        if str(told.get("version") or version) != version:
            raise answers.unrecognizable()
        answer: dict[str, Any] = told["response"]
        return answer
