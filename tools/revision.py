"""Writes a new Alembic revision from the difference between the tables and the newest revision.

    python tools/revision.py add_devices

Read what it writes before you commit it: renames look like a drop and an add.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from poolhouse import founding, serving
from poolhouse.storage import migrating
from poolhouse.storage.engine import Database

# The composed house knows every room's tables.
COMPOSED = (serving, founding)


def main() -> int:
    if len(sys.argv) != 2 or not sys.argv[1].isidentifier():
        print("Usage: python tools/revision.py <what_changes>")
        return 2
    number = f"{len(migrating.revisions()) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'revision.db'}"
        if migrating.revisions():
            database = Database(url)
            migrating.upgrade(database)
            database.close()
        config = Config()
        config.set_main_option("script_location", str(migrating.FOLDER))
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        engine = create_engine(url)
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.revision(config, sys.argv[1], autogenerate=True, rev_id=number)
        engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
