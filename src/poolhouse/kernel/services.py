"""The collaborators an operation may need, handed in by `app`, so that tests can furnish a
house differently. Nothing in here changes while the process lives."""

from __future__ import annotations

from dataclasses import dataclass

from poolhouse.clock import Clock
from poolhouse.keys.hashing import Hasher
from poolhouse.keys.sealing import Sealer
from poolhouse.settings import Settings
from poolhouse.storage.engine import Database
from poolhouse.triggers.functions import Functions


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    clock: Clock
    database: Database
    sealer: Sealer
    hasher: Hasher
    functions: Functions
