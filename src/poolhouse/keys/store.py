"""Wrapped data keys in the database. Each call commits by itself: keys come before any unit."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from poolhouse.keys.rows import data_keys
from poolhouse.keys.sealing import KeyTaken, WrappedKey
from poolhouse.storage.base import insert
from poolhouse.storage.engine import Database

_t = data_keys.c
_ALL = select(data_keys).order_by(_t.id)
_ADD = insert(data_keys).on_conflict_do_nothing()
_REPLACE = (
    update(data_keys)
    .where(_t.id == bindparam("key"))
    .values(wrapped=bindparam("wrapped"), master_id=bindparam("master_id"))
)


class DataKeys:
    """The `DataKeyStore` of the sealer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[WrappedKey]:
        with self._database.connection() as connection:
            return [WrappedKey(*row) for row in connection.execute(_ALL)]

    def add(self, key: WrappedKey) -> None:
        values = {
            "id": key.id,
            "wrapped": key.wrapped,
            "master_id": key.master_id,
            "created_at": key.created_at,
        }
        with self._database.connection() as connection:
            if connection.execute(_ADD, values).rowcount != 1:
                raise KeyTaken

    def replace(self, key: WrappedKey) -> None:
        values = {"key": key.id, "wrapped": key.wrapped, "master_id": key.master_id}
        with self._database.connection() as connection:
            connection.execute(_REPLACE, values)
