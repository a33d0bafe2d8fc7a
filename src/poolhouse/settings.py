"""Every setting, read once into one frozen object. `docs/settings.md` is drawn from here."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import tomllib
from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import getaddresses
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

PREFIX = "POOLHOUSE_"
FILE_VARIABLE = "POOLHOUSE_CONFIG"


class BadSettings(Exception):
    """The settings cannot be used. The message is one sentence a line, and never a secret."""


def _split(value: object) -> object:
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]

_ORIGIN = re.compile(
    r"https://[a-z0-9.-]+(:[1-9][0-9]{0,4})?|http://([a-z0-9-]+\.)*localhost(:[1-9][0-9]{0,4})?"
    r"|android:apk-key-hash:[A-Za-z0-9_-]{27,43}"
)
_AAGUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
_OURS = frozenset("host content-length transfer-encoding connection expect te upgrade".split())


def _header_pairs(value: object) -> object:
    """A JSON object, a table, or a header a line; never told in an error, which it may be in."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError("is not a JSON object") from None
    if isinstance(value, str):
        lines = [line.partition(":") for line in value.splitlines() if line.strip()]
        value = {name.strip(): text.strip() for name, _, text in lines}
    if not isinstance(value, dict):
        return value
    for name, text in value.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS:
            raise ValueError("has a name that is no header's, or that this server sets itself")
        if not isinstance(text, str) or not _HEADER_VALUE.fullmatch(text):
            raise ValueError("has a value that is not one line of ASCII")
    return tuple(value.items())


Headers = Annotated[tuple[tuple[str, SecretStr], ...], BeforeValidator(_header_pairs)]


def _address_of(value: SecretStr | None, *schemes: str) -> None:
    """Raises ValueError, without the value, where it is not a URL of these schemes."""
    if value is None:
        return
    try:
        parts = urlsplit(value.get_secret_value())
        good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        named = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ValueError(f"must begin with {named} and name a host")


class Settings(BaseModel):
    """What the operator decides. Each field is `POOLHOUSE_<NAME>`, or its lower-case name in
    the TOML file that `POOLHOUSE_CONFIG` points to; the environment wins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(
        Path("data"), description="Folder of the database, keys and credentials."
    )
    database_url: SecretStr | None = Field(
        None,
        description="`postgresql://user:password@host/name`; SQLite in the data folder if unset.",
    )
    public_url: str = Field(
        "", description="Where clients reach the server; issuer and links begin with it. "
        "`http://127.0.0.1:<port>` if unset."
    )  # fmt: skip
    region: str = Field(
        "us-east-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$",
        description="Region of the first pool and of unsigned calls.",
    )  # fmt: skip
    account_id: str = Field(
        "000000000000", pattern=r"^\d{12}$", description="The AWS account number."
    )
    root_access_key_id: str | None = Field(
        None, pattern=r"^[A-Za-z0-9]{4,128}$",
        description="Root access key; made at the first start if unset.",
    )  # fmt: skip
    root_secret_access_key: SecretStr | None = Field(None, description="Its secret.")
    master_key: SecretStr | None = Field(
        None, description="32 bytes as base64 or hex, which wrap the data keys; else the key file."
    )
    master_key_file: Path | None = Field(
        None, description="File of the master key; `master.key` in the data folder if unset."
    )
    previous_master_key: SecretStr | None = Field(
        None, description="The master key before this one, while it is being replaced."
    )
    functions_file: Path | None = Field(
        None, description="Which functions the triggers of pools call; `functions.toml` in the "
        "data folder, which may be absent, if unset."
    )  # fmt: skip
    smtp_url: SecretStr | None = Field(
        None, description="`smtp://user:password@host:587` (STARTTLS where offered), "
        "`smtps://host:465`; without it messages stay in the outbox."
    )  # fmt: skip
    mail_from: str = Field(
        "no-reply@localhost",
        description="Sender of all mail: an address, or a name and `<address>`.",
    )
    sms_url: SecretStr | None = Field(
        None, description="`https://user:password@host/path` of an SMS gateway, which is sent a "
        "POST a message; without it text messages stay in the outbox."
    )  # fmt: skip
    sms_template: str = Field(
        "json", description="What the gateway is sent: `json`, `form` (as Twilio's API), `sns` (as "
        "Amazon SNS), or a body of JSON, XML, form or text with `{recipient}`, `{text}`, "
        "`{sender}` and `{id}` in it."
    )  # fmt: skip
    sms_from: str = Field(
        "", max_length=64, pattern=r"^[\x20-\x7e]*$",
        description="Number or name that text messages come from.",
    )  # fmt: skip
    sms_headers: Headers = Field(
        (), description="Headers for the gateway: a JSON object, or `Name: value` a line."
    )
    sms_access_key_id: str | None = Field(
        None, pattern=r"^[A-Za-z0-9_]{1,128}$",
        description="AWS access key that signs requests of the template `sns`.",
    )  # fmt: skip
    sms_secret_access_key: SecretStr | None = Field(None, description="Its secret.")
    sms_prefixes: Names = Field(
        (), description="Beginnings of the numbers that may be texted, as `+49,+43`; all if unset."
    )
    pool_messages_an_hour: int = Field(
        20_000, ge=0,
        description="Messages that the public may cause in a pool in an hour; 0: any number.",
    )  # fmt: skip
    pool_sms_a_day: int = Field(
        5_000, ge=0,
        description="Text messages that the public may cause in a pool in a day; 0: any number.",
    )  # fmt: skip
    notices: bool = Field(
        False, description="Mail users when their password, address or a factor was changed. "
        "Cognito does not."
    )  # fmt: skip
    webauthn_origins: Names = Field(
        (), description="Further origins that passkeys are asked from, comma separated: "
        "`https://app.example.com`, `android:apk-key-hash:…`; each counts for pools whose relying "
        "party id it lies under."
    )  # fmt: skip
    webauthn_attestation_roots: Path | None = Field(
        None, description="PEM file of makers' root certificates; passkeys must then come from an "
        "authenticator that one of them vouches for. Any is taken if unset."
    )  # fmt: skip
    webauthn_aaguids: Names = Field(
        (), description="AAGUIDs of the models that may be registered, with attestation; all if "
        "unset."
    )  # fmt: skip
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    workers: int = Field(1, ge=1, le=64, description="Worker processes.")
    tls_certificate: Path | None = Field(None, description="PEM certificate chain, to serve HTTPS.")
    tls_key: Path | None = Field(None, description="PEM private key of the certificate.")
    trusted_proxies: Names = Field(
        (), description="Addresses or networks, comma separated, whose X-Forwarded-For is believed."
    )
    connections_of_a_peer: int = Field(
        1000, ge=0,
        description="Connections of one address to one worker; trusted proxies are not counted. "
        "0: any number.",
    )  # fmt: skip
    log_format: Literal["json", "text"] = Field("text", description="Lines of JSON, or for people.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level."
    )
    argon2_memory: int = Field(19456, ge=8192, description="Memory of a password hash, KiB.")
    argon2_time: int = Field(2, ge=1, le=20, description="Passes of a password hash.")
    argon2_lanes: int = Field(1, ge=1, le=8, description="Lanes of a password hash.")
    metrics_token: SecretStr | None = Field(
        None, description="Bearer token that /metrics asks for; open to all who reach it if unset."
    )
    docs: bool = Field(True, description="Serve /docs and /openapi.json.")
    spare_signing_keys: int = Field(
        64, ge=2, le=1000, description="RSA keys kept ready for new pools."
    )

    @field_validator("public_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        _address_of(value, "smtp", "smtps")
        return value

    @field_validator("sms_url")
    @classmethod
    def _gateway(cls, value: SecretStr | None) -> SecretStr | None:
        _address_of(value, "https", "http")
        return value

    @field_validator("mail_from")
    @classmethod
    def _one_address(cls, value: str) -> str:
        try:
            ((name, address),) = getaddresses([value])
            Address(display_name=name, addr_spec=address)
            if not value.isprintable():
                raise ValueError
        except (ValueError, MessageError, IndexError):
            raise ValueError("must be an address, or a name and an <address>") from None
        return value

    @field_validator("sms_template")
    @classmethod
    def _says_whom_and_what(cls, value: str) -> str:
        own = value not in ("json", "form", "sns")
        if own and not ("{recipient}" in value and "{text}" in value):
            raise ValueError("must be json, form, sns, or hold {recipient} and {text}")
        if own and re.match(r"\s*[\[{](?!(recipient|text|sender|id)\})", value):
            try:
                json.loads(value)
            except ValueError:
                raise ValueError("begins like JSON, but is none") from None
        return value

    @field_validator("sms_prefixes")
    @classmethod
    def _beginnings(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"\+[1-9][0-9]{0,14}", each) for each in value):
            raise ValueError("must be beginnings of numbers, as +49")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ipaddress.ip_network(network, strict=False)
            except ValueError:
                raise ValueError("must be addresses or networks, as 10.0.0.0/8") from None
        return value

    @field_validator("webauthn_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_ORIGIN.fullmatch(each) for each in value):
            raise ValueError("must be origins without a path, as https://app.example.com")
        return value

    @field_validator("webauthn_aaguids")
    @classmethod
    def _models(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_AAGUID.fullmatch(each) for each in value):
            raise ValueError("must be AAGUIDs, in lower case with dashes")
        return value

    @field_validator("tls_certificate", "tls_key", "webauthn_attestation_roots")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError(f"{value} is not a file")
        return value

    @model_validator(mode="after")
    def _pairs(self) -> Settings:
        if (self.root_access_key_id is None) != (self.root_secret_access_key is None):
            raise ValueError(
                "ROOT_ACCESS_KEY_ID and ROOT_SECRET_ACCESS_KEY are set together or not"
            )
        if (self.sms_access_key_id is None) != (self.sms_secret_access_key is None):
            raise ValueError("SMS_ACCESS_KEY_ID and SMS_SECRET_ACCESS_KEY are set together or not")
        if self.webauthn_aaguids and self.webauthn_attestation_roots is None:
            raise ValueError(
                "WEBAUTHN_AAGUIDS needs WEBAUTHN_ATTESTATION_ROOTS: without, models are not proved"
            )
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("TLS_CERTIFICATE and TLS_KEY are set together or not at all")
        return self

    @property
    def issuer_base(self) -> str:
        """The public URL, or the address the server listens on."""
        scheme = "https" if self.tls_certificate else "http"
        return self.public_url or f"{scheme}://{_spoken(self.host)}:{self.port}"

    @property
    def database(self) -> str:
        """The SQLAlchemy URL. It may hold a password: never log it."""
        if self.database_url is None:
            return f"sqlite:///{self.data_dir.absolute() / 'poolhouse.db'}"
        url = self.database_url.get_secret_value()
        scheme, _, rest = url.partition("://")
        if scheme in ("postgres", "postgresql", "postgresql+psycopg"):
            return f"postgresql+psycopg://{rest}"
        if scheme == "sqlite":
            return url
        raise BadSettings(f"{PREFIX}DATABASE_URL must begin with postgresql:// or sqlite:///.")


def _spoken(host: str) -> str:
    """An address as a client can say it."""
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def load(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from `overrides` (the command line), the environment and the file, in that order.

    Raises:
        BadSettings: unknown names, unreadable files, values out of range.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    if path := environment.get(FILE_VARIABLE):
        values.update(_from_file(Path(path)))
    for name, value in environment.items():
        if (
            name.startswith(PREFIX)
            and name != FILE_VARIABLE
            and not name.startswith("POOLHOUSE_TEST_")
        ):
            values[name.removeprefix(PREFIX).lower()] = value
    values.update({name: value for name, value in overrides.items() if value is not None})
    try:
        return Settings(**values)
    except ValidationError as error:
        raise BadSettings(_sentences(error)) from None


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"{FILE_VARIABLE}: {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{FILE_VARIABLE}: {path} is not TOML: {error}.") from None


def _sentences(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        name = PREFIX + "_".join(str(part) for part in problem["loc"][:1]).upper()
        if problem["type"] == "extra_forbidden":
            lines.append(f"{name} is not a setting; see docs/settings.md.")
        elif not problem["loc"]:
            lines.append(problem["msg"].removeprefix("Value error, ") + ".")
        else:
            lines.append(f"{name}: {problem['msg'].removeprefix('Value error, ')}.")
    return "\n".join(lines)
