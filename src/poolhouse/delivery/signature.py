"""Requests to Amazon SNS, signed (AWS Signature Version 4, header form)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from poolhouse.access.canonical import canonical_request, query_pairs
from poolhouse.access.claims import ALGORITHM, TERMINATOR
from poolhouse.access.dates import amz_date_of
from poolhouse.access.received import HttpRequest
from poolhouse.access.sigv4 import signing_key

_SERVICE = "sns"
_SIGNED = ("content-type", "host")


@dataclass(frozen=True, slots=True)
class Signer:
    """An access key of AWS, for one region."""

    access_key_id: str
    secret: str = field(repr=False)
    region: str

    def headers(
        self, target: str, headers: Mapping[str, str], body: bytes, now: float
    ) -> dict[str, str]:
        """X-Amz-Date and Authorization of a POST of `body` to `target` (path and query as they
        are sent). `headers` are those it has, in lower case, `host` among them."""
        date = amz_date_of(now)
        all_of_them = {**headers, "x-amz-date": date}
        covered = {
            name: value
            for name, value in all_of_them.items()
            if name in _SIGNED or name.startswith("x-amz-")
        }
        path, _, query = target.partition("?")
        request = HttpRequest("POST", path, query, tuple(covered.items()), body)
        names = sorted(covered)
        digest = hashlib.sha256(body).hexdigest()
        canonical = canonical_request(request, query_pairs(query), names, digest)
        assert canonical is not None
        scope = f"{date[:8]}/{self.region}/{_SERVICE}/{TERMINATOR}"
        to_sign = f"{ALGORITHM}\n{date}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}"
        key = signing_key(self.secret, date[:8], self.region, _SERVICE)
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        credential = f"{self.access_key_id}/{scope}"
        authorization = (
            f"{ALGORITHM} Credential={credential}, SignedHeaders={';'.join(names)}, "
            f"Signature={signature}"
        )
        return {"x-amz-date": date, "authorization": authorization}
