"""Storage: SQLite and PostgreSQL through SQLAlchemy Core, as equals.

Owns the engine, the connections, the metadata that every room's tables join, migrations,
and the outbox. It knows no room and decides nothing; only `kernel/unit.py` commits.
"""
