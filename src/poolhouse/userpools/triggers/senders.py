"""Custom senders: a message leaves through a function of the pool, with its code encrypted.

The code is an AWS Encryption SDK message under the key that KMSKeyID is bound to in
`functions.toml`: a raw AES-256 key, of namespace `poolhouse` and named as KMSKeyID. Whoever
receives it opens it with a raw AES keyring of the same three.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from poolhouse.contract.shape import ServiceError
from poolhouse.delivery.lanes import Line
from poolhouse.delivery.letters import Letter
from poolhouse.delivery.troubles import Undelivered
from poolhouse.triggers.functions import Functions

FUNCTION = "FUNCTION"
NAMESPACE = "poolhouse"
_TRANSIENT = frozenset(["UnexpectedLambdaException"])


class Order(msgspec.Struct, array_like=True, frozen=True):
    """What a function is to be sent. `secret` is the code or password, in the clear: an order is
    sealed as every letter is."""

    arn: str
    trigger: str
    event: str
    secret: str | None
    key: str
    pool_id: str

    def written(self) -> str:
        return msgspec.json.encode(self).decode()

    def __repr__(self) -> str:
        return "Order(…)"


class Senders:
    """A carrier of the courier."""

    medium = FUNCTION

    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    @contextmanager
    def line(self) -> Iterator[Line]:
        yield self

    def send(self, letter: Letter, message_id: str, now: float) -> None:
        """Raises Undelivered; a function that refuses is not asked again."""
        order = msgspec.json.decode(letter.text, type=Order)
        event = json.loads(order.event)
        if order.secret is not None:
            event["request"]["code"] = self._encrypted(order)
        try:
            self._functions.call(order.arn, event, trigger=order.trigger)
        except ServiceError as error:
            if error.code == "InvalidLambdaResponseException":
                # Nothing of what a sender answers is read.
                return
            final = error.code not in _TRANSIENT
            raise Undelivered(f"{error.code}: {error.message}"[:300], for_good=final) from None

    def _encrypted(self, order: Order) -> str:
        key = self._functions.bindings.key(order.key)
        if key is None:
            raise Undelivered(f"No key is bound to {order.key or 'KMSKeyID'} in functions.toml.")
        return base64.b64encode(
            encrypted(order.secret or "", order.key, key, order.pool_id)
        ).decode()


def encrypted(secret: str, name: str, key: bytes, pool_id: str) -> bytes:
    """The AWS Encryption SDK's message; its encryption context names the pool."""
    import aws_encryption_sdk
    from aws_encryption_sdk.identifiers import (
        CommitmentPolicy,
        EncryptionKeyType,
        WrappingAlgorithm,
    )
    from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
    from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider

    class Given(RawMasterKeyProvider):  # type: ignore[misc]
        provider_id = NAMESPACE

        def _get_raw_key(self, _key_id: str) -> WrappingKey:
            return WrappingKey(
                wrapping_algorithm=WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
                wrapping_key=key,
                wrapping_key_type=EncryptionKeyType.SYMMETRIC,
            )

    provider = Given()
    provider.add_master_key(name)
    client = aws_encryption_sdk.EncryptionSDKClient(
        commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT
    )
    message, _ = client.encrypt(
        source=secret.encode(), key_provider=provider, encryption_context={"userpool-id": pool_id}
    )
    found: bytes = message
    return found
