"""What becomes of a guest's data when the guest turns out to be somebody: it goes to the identity
that the guest was merged into, before that identity's next sync.

Source: "Handling callbacks: Datasets merged", developer guide.
"""

from __future__ import annotations

from dataclasses import replace

from poolhouse.identitypools.identities.rows import Identity
from poolhouse.identitypools.identities.store import Identities
from poolhouse.kernel.unit import Unit
from poolhouse.sync.datasets.rows import Dataset
from poolhouse.sync.datasets.rules import inherited_name
from poolhouse.sync.datasets.store import Datasets, Records

_FIRST = 1


def inherit(unit: Unit, identity: Identity) -> None:
    """Takes over the datasets of all identities merged into this one. Devices meet them as new:
    counting begins again."""
    datasets = Datasets(unit, identity)
    left = datasets.left_by_merged()
    if not left:
        return
    Identities(unit).lock(identity.id, *{dataset.identity_id for dataset in left})
    for dataset in datasets.left_by_merged():
        _take_over(unit, datasets, identity, dataset)


def _take_over(unit: Unit, datasets: Datasets, identity: Identity, dataset: Dataset) -> None:
    names = datasets.names()
    name = inherited_name(dataset.name, dataset.identity_id, dataset.name in names)
    if name in names:
        return
    taken = replace(
        dataset,
        identity_id=identity.id,
        name=name,
        merges=None if name == dataset.name else dataset.name,
        sync_count=_FIRST,
        deleted_count=0,
        tombstones=0,
    )
    datasets.change(dataset, taken)
    Records(unit, dataset).renumber(_FIRST)
