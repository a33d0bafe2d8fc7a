"""Every setting, read once into one frozen object. `docs/settings.md` is drawn from here."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
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
    smtp_url: SecretStr | None = Field(
        None, description="`smtp://user:password@host:587` (STARTTLS where offered), "
        "`smtps://host:465`; without it messages stay in the outbox."
    )  # fmt: skip
    mail_from: str = Field("no-reply@localhost", description="Sender of all mail.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    workers: int = Field(1, ge=1, le=64, description="Worker processes.")
    tls_certificate: Path | None = Field(None, description="PEM certificate chain, to serve HTTPS.")
    tls_key: Path | None = Field(None, description="PEM private key of the certificate.")
    trusted_proxies: Names = Field(
        (), description="Addresses or networks, comma separated, whose X-Forwarded-For is believed."
    )
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
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
            raise ValueError("must begin with smtp:// or smtps:// and name a host")
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

    @field_validator("tls_certificate", "tls_key")
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
        raise BadSettings("DATABASE_URL must begin with postgresql:// or sqlite:///.")


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
