"""What a user's second factors become when somebody sets them: pure.

Source: SetUserMFAPreference and SetUserSettings, API reference. What is left out stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.mfa.rules import ALL, EMAIL, PASSKEY, SMS, TOKEN, enabled, has
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.rules.checks import passkeys_are_two
from poolhouse.userpools.users.rows import Factors, User

Asked = idp.SetUserMFAPreferenceRequest | idp.AdminSetUserMFAPreferenceRequest
_CALLED = {SMS: "SMS_MFA", EMAIL: "EMAIL_MFA", TOKEN: "SOFTWARE_TOKEN_MFA"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of one factor; None leaves it as it is."""

    enabled: bool | None = None
    preferred: bool | None = None


def wishes(asked: Asked) -> dict[str, Wish]:
    """What is asked, by factor."""
    given = {
        SMS: asked.sms_mfa_settings,
        TOKEN: asked.software_token_mfa_settings,
        EMAIL: asked.email_mfa_settings,
    }
    found = {name: Wish(s.enabled, s.preferred_mfa) for name, s in given.items() if s is not None}
    if asked.web_authn_mfa_settings is not None:
        found[PASSKEY] = Wish(asked.web_authn_mfa_settings.enabled)
    return found


def refuse_passkeys(pool: Pool, wanted: Mapping[str, Wish], *, usable: bool) -> None:
    """Refuses to have passkeys count for two factors where the pool has none do so, without
    another factor that is enabled with them, and where the user has none that is `usable`. The
    words for the latter two are AWS's.

    Raises InvalidParameterException.
    """
    if not passkeys_are_two(pool.mfa):
        raise idp.InvalidParameterException(
            "WebAuthn MFA requires the factor configuration MULTI_FACTOR_WITH_USER_VERIFICATION."
        )
    if not any(wanted.get(name, Wish()).enabled for name in ALL):
        raise idp.InvalidParameterException(
            "WebAuthn MFA requires enabling an additional MFA setting."
        )
    if not usable:
        raise idp.InvalidParameterException(
            "User does not have applicable WebAuthn credentials to enable WebAuthn MFA."
        )


def preferred(user: User, wanted: Mapping[str, Wish], *, by_admin: bool = False) -> Factors:
    """The user's factors with these wishes granted. Raises InvalidParameterException, of a
    software token that is not there in other words to an administrator than to the user, as
    Cognito does (seen: aws/aws-sdk-js-v3 issue 4645, aws-amplify/amplify-js issue 1343)."""
    first = [name for name, wish in wanted.items() if wish.preferred]
    if len(first) > 1:
        raise idp.InvalidParameterException("Only one MFA method can be the preferred one.")
    before = user.factors
    keeps = {
        name: name in before.enabled if wish.enabled is None else wish.enabled
        for name in (*ALL, PASSKEY)
        for wish in [wanted.get(name, Wish())]
    }
    for name in ALL:
        if keeps[name] and name in wanted:
            _check(user, name, by_admin=by_admin)
    if first and not keeps[first[0]]:
        raise idp.InvalidParameterException(
            "An MFA method that is not enabled cannot be preferred."
        )
    choice = first[0] if first else before.preferred
    if choice is not None and (not keeps[choice] or wanted.get(choice, Wish()).preferred is False):
        choice = None
    return replace(before, enabled=tuple(n for n, kept in keeps.items() if kept), preferred=choice)


def by_options(user: User, options: Sequence[idp.MFAOptionType]) -> Factors:
    """The older way to say it: SMS to the phone number, or not.

    Raises InvalidParameterException for every other medium and attribute.
    """
    for option in options:
        if option.delivery_medium != "SMS" or option.attribute_name != "phone_number":
            raise idp.InvalidParameterException(
                "MFAOptions can only name the delivery medium SMS and the attribute phone_number."
            )
    return preferred(user, {SMS: Wish(bool(options))})


def without_token(factors: Factors) -> Factors:
    """The same without a software token."""
    return Factors(
        tuple(name for name in factors.enabled if name != TOKEN),
        None if factors.preferred == TOKEN else factors.preferred,
        software_token=False,
    )


def refuse_to_end_mfa(pool: Pool, user: User, after: Factors) -> None:
    """Where the pool demands a second factor no user can do away with the last of their own: who
    has stolen a token, or a password alone, could set up another.

    Raises NotAuthorizedException.
    """
    if pool.mfa.mfa_configuration != "ON" or not enabled(pool, user):
        return
    if not enabled(pool, replace(user, factors=after)):
        raise idp.NotAuthorizedException(
            "The user pool requires MFA: the last second factor cannot be disabled."
        )


def _check(user: User, name: str, *, by_admin: bool) -> None:
    """Raises InvalidParameterException where the user has not what the factor needs."""
    if has(user, name):
        return
    if name == TOKEN and not by_admin:
        raise idp.InvalidParameterException("User has not verified software token mfa")
    raise idp.InvalidParameterException(
        f"User does not have delivery config set to turn on {_CALLED[name]}"
    )
