"""What is measured upon: pools, clients, an IAM user and an identity pool of one server."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from bench import seeding
from bench.processes import ROOT_KEY, ROOT_SECRET, Server

HOOK_SECRET = "whsec_YmVuY2gtd2ViaG9vay1zZWNyZXQtMDEyMzQ1Njc4OQ=="
_FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function"
_FLOWS = ["USER_PASSWORD", "USER_SRP", "USER", "REFRESH_TOKEN"]
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "cognito-idp:Admin*", "Resource": "*"}],
}


@dataclass(frozen=True)
class App:
    """A pool and its client."""

    pool: str
    client: str

    @property
    def short_name(self) -> str:
        return self.pool.partition("_")[2]


class Place:
    def __init__(self, server: Server, environment: dict[str, str], hook_port: int) -> None:
        self.server = server
        self.environment = environment
        self._hook_port = hook_port
        key = {"aws_access_key_id": ROOT_KEY, "aws_secret_access_key": ROOT_SECRET}
        kw = {"region_name": "us-east-1", "endpoint_url": server.url, **key}
        once = Config(retries={"total_max_attempts": 1})
        self.idp = boto3.client("cognito-idp", config=once, **kw)
        self.iam = boto3.client("iam", config=once, **kw)
        self.cid = boto3.client("cognito-identity", config=once, **kw)

    def furnish(self) -> None:
        """A pool whose names are e-mail addresses, with every way to sign in, and around it what
        asks for it; two small pools beside it that call a function."""
        pool = self._pool("bench")
        self.idp.set_user_pool_mfa_config(
            UserPoolId=pool,
            MfaConfiguration="OPTIONAL",
            SoftwareTokenMfaConfiguration={"Enabled": True},
            WebAuthnConfiguration={"RelyingPartyId": seeding.PARTY},
        )
        self.app = App(pool, self._client(pool))
        rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
        without = [flow for flow in _FLOWS if flow != "REFRESH_TOKEN"]
        self.rotating = App(pool, self._client(pool, without, RefreshTokenRotation=rotation))
        self._administer()
        self._identities()
        self._functions()

    def tokens(self, app: App, name: str) -> dict[str, str]:
        answer = self.idp.initiate_auth(
            ClientId=app.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": seeding.PASSWORD},
        )
        tokens: dict[str, str] = answer["AuthenticationResult"]
        return tokens

    def _pool(self, name: str, **more: Any) -> str:
        first = {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}
        made = self.idp.create_user_pool(
            PoolName=name,
            UsernameAttributes=["email"],
            Policies={"SignInPolicy": first},
            **more,
        )
        pool: str = made["UserPool"]["Id"]
        return pool

    def _client(self, pool: str, flows: list[str] | None = None, **more: Any) -> str:
        made = self.idp.create_user_pool_client(
            UserPoolId=pool,
            ClientName="bench",
            ExplicitAuthFlows=[f"ALLOW_{flow}_AUTH" for flow in flows or _FLOWS],
            **more,
        )
        client: str = made["UserPoolClient"]["ClientId"]
        return client

    def _administer(self) -> None:
        self.iam.create_user(UserName="bench")
        policy = json.dumps(_POLICY)
        self.iam.put_user_policy(UserName="bench", PolicyName="admin", PolicyDocument=policy)
        self.key = self.iam.create_access_key(UserName="bench")["AccessKey"]

    def _identities(self) -> None:
        self.provider = f"cognito-idp.us-east-1.amazonaws.com/{self.app.pool}"
        self.identity_pool = self.cid.create_identity_pool(
            IdentityPoolName="bench",
            AllowUnauthenticatedIdentities=False,
            CognitoIdentityProviders=[
                {"ProviderName": self.provider, "ClientId": self.app.client},
            ],
        )["IdentityPoolId"]
        role = "arn:aws:iam::000000000000:role/bench"
        self.cid.set_identity_pool_roles(
            IdentityPoolId=self.identity_pool, Roles={"authenticated": role}
        )

    def _functions(self) -> None:
        self.calling: dict[str, App] = {}
        for kind in ("python", "webhook"):
            pool = self._pool(kind, LambdaConfig={"PreTokenGeneration": f"{_FUNCTION}:{kind}"})
            self.calling[kind] = App(pool, self._client(pool))
            seeding.fill(self.environment, pool, 0, seeding.WITH_PASSKEY)
        hook = f"http://127.0.0.1:{self._hook_port}/"
        (Path(self.environment["POOLHOUSE_DATA_DIR"]) / "functions.toml").write_text(
            f'[[function]]\narn = "{_FUNCTION}:python"\npython = "bench.functions:pre_token"\n'
            f'[[function]]\narn = "{_FUNCTION}:webhook"\nwebhook = "{hook}"\n'
            f'secret = "{HOOK_SECRET}"\n'
        )


def hook(port: int) -> subprocess.Popen[bytes]:
    """The function behind HTTP, in a process of its own: its CPU is not the server's."""
    return subprocess.Popen([sys.executable, "-m", "bench.functions", str(port)])
