"""Keys derived for a day, region and service: kept, since every request of the day needs them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from poolhouse.access import sigv4

MOST = 4096


class DerivedKeys:
    """The keys derived last, at most `most`. They are as secret as what they come from.

    An entry is named by the access key and by the version of its secret, so another secret is
    another entry; whether a key is still good is asked of the database each time.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, bytes, str, str, str], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def key(self, claim: sigv4.Claim, version: bytes, reveal: Callable[[], str]) -> bytes:
        """The key for the claim's scope; `reveal` is asked for the secret where it is not here."""
        name = (claim.access_key_id, version, claim.date, claim.region, claim.service)
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]
        made = sigv4.signing_key(reveal(), claim.date, claim.region, claim.service)
        with self._lock:
            self._kept[name] = made
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made
