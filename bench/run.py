"""Every hot operation, measured from another process, in units of one RSA-2048 signature.

    python -m bench.run                    SQLite, 1,000 and then 100,000 users
    python -m bench.run --users 1000       one size only
    python -m bench.run --postgres URL     PostgreSQL; its own CPU is shown apart
    python -m bench.run --workers 2
    python -m bench.run --only GetUser

"signs" is the server's CPU per request divided by the CPU of one signature (the median of samples
taken in the same seconds, beside the load, since two busy threads of one core slow each other
down), which is what carries over to other machines. Requests per second carry the
load of whatever else the machine does.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from bench import requests, seeding
from bench.processes import (
    ROOT_KEY,
    ROOT_SECRET,
    Server,
    cpu_seconds,
    environment,
    start,
)
from poolhouse.keys import signing
from poolhouse.keys.hashing import Hasher

PORT = 8765
# Signing keys are made ahead, a few a second at low priority; pools are made from the stock.
STOCKING_SECONDS = 20
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "cognito-idp:Admin*", "Resource": "*"}],
    }
)


@dataclass
class Row:
    name: str
    users: int
    per_second: float
    cpu_ms: float
    database_ms: float
    signs: float
    crypto_share: float
    p50: float
    p99: float


class Yardstick:
    """The CPU of one signature and of one password hash, alone and beside a load."""

    def __init__(self) -> None:
        self._key = signing.SigningKey("bench", signing.load(signing.generate()))
        self._hasher = Hasher(threads=2)
        self._stored = self._hasher.hash("x")
        self.alone_ms = min(self.sign_ms(60) for _ in range(8))
        self.hash_ms = statistics.median(self._hashes() for _ in range(5))

    def sign_ms(self, count: int = 10) -> float:
        began = time.thread_time()
        for _ in range(count):
            signing.sign({"sub": "x" * 300}, self._key)
        return (time.thread_time() - began) / count * 1000

    def _hashes(self) -> float:
        """One of two at a time, as a server under sign-ins works."""
        began = time.process_time()
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda _: self._hasher.verify("x", self._stored), range(4)))
        return (time.process_time() - began) / 4 * 1000


class Bench:
    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options = options
        self.folder = folder
        self.yardstick = Yardstick()
        self.rows: list[Row] = []
        # The first start migrates and founds; the second is what an operator waits for.
        start(folder, PORT, options.postgres, options.workers).stop()
        self.server: Server = start(folder, PORT, options.postgres, options.workers)
        key = {"aws_access_key_id": ROOT_KEY, "aws_secret_access_key": ROOT_SECRET}
        kw = {"region_name": "us-east-1", "endpoint_url": self.server.url, **key}
        once = Config(retries={"total_max_attempts": 1})
        self.idp = boto3.client("cognito-idp", config=once, **kw)
        self.iam = boto3.client("iam", config=once, **kw)
        self.cid = boto3.client("cognito-identity", config=once, **kw)

    def furnish(self) -> None:
        """A pool whose names are e-mail addresses, a client, an IAM user, an identity pool."""
        pool = self.idp.create_user_pool(PoolName="bench", UsernameAttributes=["email"])
        self.pool = pool["UserPool"]["Id"]
        flows = ["USER_PASSWORD", "USER_SRP", "REFRESH_TOKEN"]
        self.client = self.idp.create_user_pool_client(
            UserPoolId=self.pool,
            ClientName="bench",
            ExplicitAuthFlows=[f"ALLOW_{flow}_AUTH" for flow in flows],
        )["UserPoolClient"]["ClientId"]
        self.iam.create_user(UserName="bench")
        self.iam.put_user_policy(UserName="bench", PolicyName="admin", PolicyDocument=POLICY)
        self.key = self.iam.create_access_key(UserName="bench")["AccessKey"]
        provider = f"cognito-idp.us-east-1.amazonaws.com/{self.pool}"
        self.identity_pool = self.cid.create_identity_pool(
            IdentityPoolName="bench",
            AllowUnauthenticatedIdentities=False,
            CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": self.client}],
        )["IdentityPoolId"]
        role = "arn:aws:iam::000000000000:role/bench"
        self.cid.set_identity_pool_roles(
            IdentityPoolId=self.identity_pool, Roles={"authenticated": role}
        )
        self.provider = provider

    def measure(self, users: int) -> None:
        names = [seeding.email_of(n) for n in range(seeding.WITH_PASSWORD)]
        self.tokens = [self._tokens(name) for name in names[:50]]
        for name, plan in self._plans(names, users):
            if self.options.only in name:
                self._one(name, users, plan)

    def _tokens(self, name: str) -> dict[str, str]:
        answer = self.idp.initiate_auth(
            ClientId=self.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": seeding.PASSWORD},
        )
        tokens: dict[str, str] = answer["AuthenticationResult"]
        return tokens

    def _plans(self, names: list[str], users: int) -> list[tuple[str, dict[str, Any]]]:
        plans = {**self._reads(users), **self._sign_ins(names), **self._writes(users)}
        common = {
            "scenario": "prepared",
            "port": PORT,
            "clients": 8,
            "seconds": self.options.seconds,
        }
        return [(name, {**common, **plan}) for name, plan in plans.items()]

    def _reads(self, users: int) -> dict[str, dict[str, Any]]:
        some = [seeding.email_of(n * 7919 % users) for n in range(500)] * 6
        admin = [{"UserPoolId": self.pool, "Username": name} for name in some]
        mail = [{"UserPoolId": self.pool, "Filter": f'email = "{name}"'} for name in some]
        own = [{"AccessToken": tokens["AccessToken"]} for tokens in self.tokens]
        mine = self.key["AccessKeyId"], self.key["SecretAccessKey"], PORT, "cognito-idp"
        root = ROOT_KEY, ROOT_SECRET, PORT, "cognito-idp"
        idp = requests.IDP
        return {
            "GetUser": {"requests": requests.plain(f"{idp}.GetUser", own)},
            "AdminGetUser (policy checked)": {
                "requests": requests.signed(f"{idp}.AdminGetUser", admin, *mine)
            },
            "ListUsers by e-mail": {"requests": requests.signed(f"{idp}.ListUsers", mail, *root)},
            "GetCredentialsForIdentity": {"requests": self._credential_requests()},
        }

    def _sign_ins(self, names: list[str]) -> dict[str, dict[str, Any]]:
        refreshes = [{"REFRESH_TOKEN": tokens["RefreshToken"]} for tokens in self.tokens]
        passwords = [{"USERNAME": n, "PASSWORD": seeding.PASSWORD} for n in names]
        srp = {
            "scenario": "srp",
            "names": names,
            "password": seeding.PASSWORD,
            "client": self.client,
            "pool": self.pool.partition("_")[2],
        }
        return {
            "refresh": {"requests": self._flow("REFRESH_TOKEN_AUTH", refreshes)},
            "SRP sign-in": srp,
            "password sign-in": {"requests": self._flow("USER_PASSWORD_AUTH", passwords)},
        }

    def _writes(self, users: int) -> dict[str, dict[str, Any]]:
        stamp = f"{users}-{time.time_ns()}"
        root = ROOT_KEY, ROOT_SECRET, PORT, "cognito-idp"
        sign_ups = [
            {
                "ClientId": self.client,
                "Username": f"new{stamp}-{n}@example.com",
                "Password": seeding.PASSWORD,
            }
            for n in range(220)
        ]
        pools = [{"PoolName": f"p{n}"} for n in range(28)]
        idp = requests.IDP
        return {
            "SignUp": {"requests": requests.plain(f"{idp}.SignUp", sign_ups), "count": 200},
            "CreateUserPool": {
                "requests": requests.signed(f"{idp}.CreateUserPool", pools, *root),
                "count": 24,
                "clients": 1,
            },
        }

    def _flow(self, name: str, given: list[dict[str, str]]) -> list[str]:
        bodies = [{"AuthFlow": name, "ClientId": self.client, "AuthParameters": g} for g in given]
        return requests.plain(f"{requests.IDP}.InitiateAuth", bodies)

    def _credential_requests(self) -> list[str]:
        bodies = []
        for tokens in self.tokens:
            logins = {self.provider: tokens["IdToken"]}
            identity = self.cid.get_id(IdentityPoolId=self.identity_pool, Logins=logins)
            bodies.append({"IdentityId": identity["IdentityId"], "Logins": logins})
        return requests.plain(f"{requests.IDENTITY}.GetCredentialsForIdentity", bodies)

    def _one(self, name: str, users: int, plan: dict[str, Any]) -> None:
        warm = 4 if "count" in plan else 20
        _load({**plan, "seconds": 0.5, "count": warm})
        if "count" in plan:
            # What creates must not be sent twice: the warm-up took the first ones.
            plan = {**plan, "requests": plan["requests"][warm:]}
        before, database_before = self.server.cpu(), self._database_cpu()
        samples: list[float] = []
        seen = _load(plan, lambda: samples.append(self.yardstick.sign_ms()))
        cpu = (self.server.cpu() - before) / seen["count"] * 1000
        database = (self._database_cpu() - database_before) / seen["count"] * 1000
        sign = statistics.median(samples or [self.yardstick.alone_ms])
        unavoidable = self._crypto_ms(name, sign)
        row = Row(
            name,
            users,
            seen["per_second"],
            cpu,
            database,
            cpu / sign,
            unavoidable / cpu if cpu else 0,
            seen["p50_ms"],
            seen["p99_ms"],
        )
        self.rows.append(row)
        _print(row)

    def _crypto_ms(self, name: str, sign: float) -> float:
        """What no server could leave out: signatures, hashes, and SRP's two powers."""
        if name == "refresh":
            return 2 * sign
        if name == "password sign-in":
            return 2 * sign + self.yardstick.hash_ms
        if name == "SignUp":
            return self.yardstick.hash_ms + 4 * sign
        if name == "SRP sign-in":
            return 2 * sign + 8 * sign
        return 0.1 * sign if name.startswith("Get") else 0.0

    def _database_cpu(self) -> float:
        if not self.options.postgres:
            return 0.0
        found = subprocess.run(["pgrep", "postgres"], capture_output=True, text=True, check=False)
        return cpu_seconds([int(pid) for pid in found.stdout.split()])

    def beside_passwords(self) -> None:
        """GetUser's latency while eight clients sign in by password."""
        names = [seeding.email_of(n) for n in range(seeding.WITH_PASSWORD)]
        plans = dict(self._plans(names, 1000))
        storm = {**plans["password sign-in"], "seconds": self.options.seconds + 1}
        load = subprocess.Popen(
            [sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert load.stdin
        load.stdin.write(json.dumps(storm).encode())
        load.stdin.close()
        time.sleep(0.5)
        seen = _load({**plans["GetUser"], "clients": 2})
        load.wait()
        print(
            f"GetUser beside 8 password sign-ins: p50 {seen['p50_ms']:.1f} ms, "
            f"p99 {seen['p99_ms']:.1f} ms"
        )


def _load(plan: dict[str, Any], meanwhile: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Drives one plan in a process of its own; `meanwhile` is called ten times a second."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out:
        given.write(json.dumps(plan).encode())
        given.seek(0)
        load = subprocess.Popen([sys.executable, "-m", "bench.load"], stdin=given, stdout=out)
        time.sleep(0.5)
        while load.poll() is None:
            meanwhile()
            time.sleep(0.1)
        if load.returncode:
            raise SystemExit("The load failed; see above.")
        out.seek(0)
        seen: dict[str, Any] = json.loads(out.read())
    return seen


def _print(row: Row) -> None:
    print(
        f"{row.name:30} {row.users:7} users  {row.per_second:8.0f}/s  cpu {row.cpu_ms:7.3f} ms"
        f" = {row.signs:6.2f} signs  crypto {row.crypto_share:4.0%}"
        f"  p50 {row.p50:6.1f}  p99 {row.p99:6.1f} ms"
        + (f"  database {row.database_ms:.3f} ms" if row.database_ms else ""),
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, nargs="*", default=[1000, 100_000])
    parser.add_argument("--postgres")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--only", default="", help="operations whose name holds this")
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(options, Path(name))
        try:
            _run(bench, options)
        finally:
            bench.server.stop()


def _run(bench: Bench, options: argparse.Namespace) -> None:
    server, sign = bench.server, bench.yardstick.alone_ms
    print(f"{platform.machine()}, {platform.python_version()}; alone: one sign {sign:.3f} ms CPU")
    print(f"one password hash, two at a time: {bench.yardstick.hash_ms:.1f} ms CPU")
    print(f"ready after {server.ready_cpu:.2f} CPU s, {server.ready_wall:.2f} s")
    print(f"idle: {server.worker_mib():.0f} MiB a worker", flush=True)
    time.sleep(STOCKING_SECONDS)
    bench.furnish()
    given = environment(bench.folder, PORT, options.postgres, options.workers)
    filled = 0
    for users in options.users:
        seeding.fill(given, bench.pool, filled, users)
        filled = users
        bench.measure(users)
    if not options.only:
        bench.beside_passwords()
    print(f"with {filled} users: {server.worker_mib():.0f} MiB a worker")
    growth: dict[str, list[float]] = {}
    for row in bench.rows:
        growth.setdefault(row.name, []).append(row.cpu_ms)
    for name, costs in growth.items():
        if len(costs) > 1:
            print(
                f"{name:30} x{costs[-1] / costs[0]:.2f} from {options.users[0]} to {filled} users"
            )


if __name__ == "__main__":
    main()
