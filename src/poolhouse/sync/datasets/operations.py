"""The verbs on datasets and their records, and on how much of them there is."""

from __future__ import annotations

from poolhouse import ids
from poolhouse.contract import cognito_sync as sync
from poolhouse.contract.callers import Signed
from poolhouse.identitypools.identities.rows import Identity
from poolhouse.identitypools.pools.rows import IdentityPool
from poolhouse.identitypools.pools.store import IdentityPools
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.kernel.paging import bookmarks, place_of
from poolhouse.pages import page
from poolhouse.sync.datasets import rules
from poolhouse.sync.datasets.inheriting import inherit
from poolhouse.sync.datasets.rows import Dataset, Record, Usage
from poolhouse.sync.datasets.sessions import session_token
from poolhouse.sync.datasets.store import NOTHING, Datasets, Records, digest_of, usage_of_pools
from poolhouse.sync.permission import (
    EVERY_DATASET,
    identity_of,
    locked_identity_of,
    permit,
    permit_developer,
)

MOST_DATASETS_OF_A_PAGE = 64
MOST_RECORDS_OF_A_PAGE = 1024
MOST_POOLS_OF_A_PAGE = 60
_BEHIND_ALL = "g"  # no digest, which is in hexadecimal, comes after it


@performs(sync.ListDatasets, open_to_all=True)
def list_datasets(call: Call[Signed], ask: sync.ListDatasetsRequest) -> sync.ListDatasetsResponse:
    """The datasets of an identity, by name."""
    permit(call, sync.ListDatasets, ask.identity_pool_id, ask.identity_id, EVERY_DATASET)
    size = rules.check_page(ask.max_results, MOST_DATASETS_OF_A_PAGE)
    identity = identity_of(call, ask.identity_pool_id, ask.identity_id)
    inherit(call.unit, identity)
    marks = bookmarks(call, sync.ListDatasets, identity.id)
    (after,) = place_of(marks, ask.next_token) or [""]
    rows = Datasets(call.unit, identity).list(after, size + 1)
    found = page(marks, rows, size, lambda dataset: (dataset.name,))
    return sync.ListDatasetsResponse(
        datasets=[_shown(dataset) for dataset in found.items],
        count=len(found.items),
        next_token=found.next_token,
    )


@performs(sync.DescribeDataset, open_to_all=True)
def describe_dataset(
    call: Call[Signed], ask: sync.DescribeDatasetRequest
) -> sync.DescribeDatasetResponse:
    """One dataset, without its records."""
    permit(call, sync.DescribeDataset, ask.identity_pool_id, ask.identity_id, ask.dataset_name)
    identity = identity_of(call, ask.identity_pool_id, ask.identity_id)
    found = Datasets(call.unit, identity).get(ask.dataset_name)
    return sync.DescribeDatasetResponse(dataset=_shown(found))


@performs(sync.DeleteDataset, open_to_all=True)
def delete_dataset(
    call: Call[Signed], ask: sync.DeleteDatasetRequest
) -> sync.DeleteDatasetResponse:
    """Deletes a dataset with all its records; the answer is the dataset as it was."""
    permit(call, sync.DeleteDataset, ask.identity_pool_id, ask.identity_id, ask.dataset_name)
    identity = locked_identity_of(call, ask.identity_pool_id, ask.identity_id)
    datasets = Datasets(call.unit, identity)
    dataset = datasets.get(ask.dataset_name)
    datasets.change(dataset, rules.deleted(dataset, call.now, call.caller.account))
    Records(call.unit, dataset).clear()
    return sync.DeleteDatasetResponse(dataset=_shown(dataset))


@performs(sync.ListRecords, open_to_all=True)
def list_records(call: Call[Signed], ask: sync.ListRecordsRequest) -> sync.ListRecordsResponse:
    """What has changed in a dataset since a count, oldest change first, with the token that an
    update needs. A dataset that does not exist has no records."""
    permit(call, sync.ListRecords, ask.identity_pool_id, ask.identity_id, ask.dataset_name)
    size = rules.check_page(ask.max_results, MOST_RECORDS_OF_A_PAGE)
    identity = identity_of(call, ask.identity_pool_id, ask.identity_id)
    inherit(call.unit, identity)
    datasets, since = Datasets(call.unit, identity), ask.last_sync_count or 0
    # Read before its records: a count that is too old makes a device ask twice, one that is too
    # new would make it miss a change.
    dataset = datasets.find(ask.dataset_name)
    rules.check_count(dataset, since)
    marks = bookmarks(call, sync.ListRecords, identity.id, ask.dataset_name, str(since))
    place = place_of(marks, ask.next_token) or [str(since), _BEHIND_ALL]
    live = dataset if dataset is not None and dataset.live else None
    rows = Records(call.unit, live).since(int(place[0]), place[1], size + 1) if live else []
    found = page(marks, rows, size, lambda record: (str(record.sync_count), digest_of(record.key)))
    return sync.ListRecordsResponse(
        records=[_record(record) for record in found.items],
        count=len(found.items),
        next_token=found.next_token,
        dataset_exists=live is not None,
        dataset_deleted_after_requested_sync_count=rules.deleted_since(dataset, since),
        dataset_sync_count=live.sync_count if live else 0,
        last_modified_by=live.modified_by if live else None,
        merged_dataset_names=list(datasets.to_merge_into(ask.dataset_name)),
        sync_session_token=session_token(call, identity, ask.dataset_name, ask.sync_session_token),
    )


@performs(sync.UpdateRecords, open_to_all=True)
def update_records(
    call: Call[Signed], ask: sync.UpdateRecordsRequest
) -> sync.UpdateRecordsResponse:
    """Writes all patches or, where one is stale, none. The first update makes the dataset."""
    permit(call, sync.UpdateRecords, ask.identity_pool_id, ask.identity_id, ask.dataset_name)
    patches = ask.record_patches or []
    rules.check_patches(patches)
    identity = identity_of(call, ask.identity_pool_id, ask.identity_id)
    session_token(call, identity, ask.dataset_name, ask.sync_session_token)
    if not patches:
        return sync.UpdateRecordsResponse(records=[])
    identity = locked_identity_of(call, ask.identity_pool_id, ask.identity_id)
    datasets = Datasets(call.unit, identity)
    before = datasets.find(ask.dataset_name)
    if before is None or not before.live:
        names = datasets.names()
        rules.check_room(sum(names.values()), len(names))
    dataset = before or _new(call, identity, ask.dataset_name)
    records = Records(call.unit, dataset)
    known = records.at(patch.key for patch in patches) if before else {}
    by = ask.device_id or call.caller.account
    after, written = rules.patched(dataset, known, patches, call.now, by)
    if before is None:
        datasets.add(after)
    else:
        datasets.change(before, after)
    records.put(written)
    return sync.UpdateRecordsResponse(records=[_record(record) for record in written])


@performs(sync.DescribeIdentityUsage, open_to_all=True)
def describe_identity_usage(
    call: Call[Signed], ask: sync.DescribeIdentityUsageRequest
) -> sync.DescribeIdentityUsageResponse:
    """How much an identity keeps."""
    permit(call, sync.DescribeIdentityUsage, ask.identity_pool_id, ask.identity_id)
    identity = identity_of(call, ask.identity_pool_id, ask.identity_id)
    usage = Datasets(call.unit, identity).usage()
    return sync.DescribeIdentityUsageResponse(
        identity_usage=sync.IdentityUsage(
            identity_id=identity.id,
            identity_pool_id=identity.pool_id,
            dataset_count=usage.datasets,
            data_storage=usage.storage,
            last_modified_date=usage.modified_at or identity.modified_at,
        )
    )


@performs(sync.DescribeIdentityPoolUsage, open_to_all=True)
def describe_identity_pool_usage(
    call: Call[Signed], ask: sync.DescribeIdentityPoolUsageRequest
) -> sync.DescribeIdentityPoolUsageResponse:
    """How much all identities of a pool keep."""
    permit_developer(call, sync.DescribeIdentityPoolUsage, ask.identity_pool_id)
    pool = IdentityPools(call.unit).find(ask.identity_pool_id)
    if pool is None:
        raise sync.ResourceNotFoundException(f"IdentityPool '{ask.identity_pool_id}' not found.")
    usage = usage_of_pools(call.unit, [pool]).get(pool.id, NOTHING)
    return sync.DescribeIdentityPoolUsageResponse(identity_pool_usage=_pool_usage(pool, usage))


@performs(sync.ListIdentityPoolUsage, open_to_all=True)
def list_identity_pool_usage(
    call: Call[Signed], ask: sync.ListIdentityPoolUsageRequest
) -> sync.ListIdentityPoolUsageResponse:
    """How much the identity pools of the region of the request keep, by pool id."""
    permit_developer(call, sync.ListIdentityPoolUsage)
    size = rules.check_page(ask.max_results, MOST_POOLS_OF_A_PAGE)
    marks = bookmarks(call, sync.ListIdentityPoolUsage, call.region)
    (after,) = place_of(marks, ask.next_token) or [""]
    pools = IdentityPools(call.unit).list(call.region, after, size + 1)
    found = page(marks, pools, size, lambda pool: (pool.id,))
    usages = usage_of_pools(call.unit, found.items)
    return sync.ListIdentityPoolUsageResponse(
        identity_pool_usages=[
            _pool_usage(pool, usages.get(pool.id, NOTHING)) for pool in found.items
        ],
        count=len(found.items),
        max_results=size,
        next_token=found.next_token,
    )


def _new(call: Call[Signed], identity: Identity, name: str) -> Dataset:
    return Dataset(
        id=ids.random_uuid(),
        pool_id=identity.pool_id,
        identity_id=identity.id,
        name=name,
        live=False,
        merges=None,
        sync_count=0,
        deleted_count=0,
        records=0,
        tombstones=0,
        storage=0,
        sessions=0,
        created_at=call.now,
        modified_at=call.now,
        modified_by="",
    )


def _shown(dataset: Dataset) -> sync.Dataset:
    return sync.Dataset(
        identity_id=dataset.identity_id,
        dataset_name=dataset.name,
        creation_date=dataset.created_at,
        last_modified_date=dataset.modified_at,
        last_modified_by=dataset.modified_by,
        data_storage=dataset.storage,
        num_records=dataset.records,
    )


def _record(record: Record) -> sync.Record:
    return sync.Record(
        key=record.key,
        value=record.value,
        sync_count=record.sync_count,
        last_modified_date=record.modified_at,
        last_modified_by=record.modified_by,
        device_last_modified_date=record.device_modified_at,
    )


def _pool_usage(pool: IdentityPool, usage: Usage) -> sync.IdentityPoolUsage:
    return sync.IdentityPoolUsage(
        identity_pool_id=pool.id,
        sync_sessions_count=usage.sessions,
        data_storage=usage.storage,
        last_modified_date=usage.modified_at or pool.modified_at,
    )
