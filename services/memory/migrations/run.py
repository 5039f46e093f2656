"""Runs the numbered files, each in a transaction of its own, one runner at a time."""

from importlib.resources import files

import psycopg

from services.kit.postgres import Database, rows

LOCK = 0x57454654_02

FILES = sorted(each.name for each in files("services.memory.migrations").iterdir() if each.name.endswith(".sql"))
HEAD = len(FILES)

_TABLE = """
CREATE SCHEMA IF NOT EXISTS memory;
CREATE TABLE IF NOT EXISTS memory.migrations (number integer PRIMARY KEY, file text NOT NULL, at timestamptz NOT NULL);
GRANT USAGE ON SCHEMA memory TO weft_memory_loops;
GRANT SELECT ON memory.migrations TO weft_memory_loops;
"""


def migrate(dsn: str) -> int:
    """Brings the schema to HEAD; returns how many files that took."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        connection.execute(_TABLE.encode())
        done = connection.execute("SELECT coalesce(max(number), 0) FROM memory.migrations").fetchone()
        start = done[0] if done is not None else 0
        for number, name in enumerate(FILES[start:], start + 1):
            text = (files("services.memory.migrations") / name).read_text(encoding="utf-8")
            with connection.transaction():
                connection.execute(text.encode())
                connection.execute("INSERT INTO memory.migrations VALUES (%s, %s, now())", (number, name))
        return HEAD - start


async def refuse_unless_at_head(loops: Database) -> None:
    """Raises SystemExit where the schema is not the one that this code was written for."""
    found = await loops.read(
        None, lambda connection: rows(connection, "SELECT max(number) AS number FROM memory.migrations", {})
    )
    if found[0]["number"] != HEAD:
        raise SystemExit(f"Postgres: schema memory is at migration {found[0]['number']}, this service needs {HEAD}")
