"""Where a text still is: in the tables, and in the files of the servers."""

import os
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from tests.stack import Servers


def searched(servers: Servers) -> list[Path]:
    """The folders whose files are looked through."""
    return [servers.home.nats_data, servers.home.search_data]


def files_with(servers: Servers, text: str) -> list[str]:
    """The files in which it stands."""
    found = []
    for folder in searched(servers):
        for root, _, names in os.walk(folder):
            for name in names:
                with suppress(FileNotFoundError):  # what it was in may be gone by now
                    if text.encode() in (Path(root) / name).read_bytes():
                        found.append(str(Path(root) / name))
    return found


def rows_with(servers: Servers, text: str) -> list[str]:
    """The tables, of every schema, in a row of which it stands: as text, or in bytes."""
    found = []
    with psycopg.connect(servers.postgres_dsn("postgres")) as connection:
        for schema, table in connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            " ORDER BY 1, 2"
        ).fetchall():
            looking = sql.SQL(
                "SELECT FROM {} t WHERE position(%(text)s IN t::text) > 0"
                " OR position(encode(convert_to(%(text)s, 'UTF8'), 'hex') IN t::text) > 0 LIMIT 1"
            ).format(sql.Identifier(schema, table))
            if connection.execute(looking, {"text": text}).fetchone() is not None:
                found.append(f"{schema}.{table}")
    return found
