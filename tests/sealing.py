"""Looking for what must not be readable: in every row of a schema, and in the tables that an older version left."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg

from services.kit.migrations import Migrations
from tests.stack import Servers


def everything_in(servers: Servers, schema: str, database: str = "weft") -> str:
    """Every row of every table of a schema, as text; what is bytes, as they are."""
    with psycopg.connect(servers.postgres_dsn("postgres", database)) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (schema,)).fetchall()
        assert tables
        rows = [
            row
            for (table,) in tables
            for row in connection.execute(f"SELECT t::text, t.* FROM {schema}.{table} AS t".encode()).fetchall()
        ]
    return "\n".join(it.decode("latin-1") if isinstance(it, bytes) else str(it) for row in rows for it in row)


@contextmanager
def older_database(servers: Servers, service: str, migrations: int) -> Iterator[str]:
    """The name of a database in which that service has run no more than so many of its migrations."""
    name = f"older_{uuid4().hex[:8]}"
    with psycopg.connect(servers.postgres_dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER weft_owner".encode())
    try:
        with psycopg.connect(servers.postgres_dsn("postgres", name), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION vector")
        older = Migrations(service)
        older._names = older._names[:migrations]
        older.run(servers.postgres_dsn("weft_owner", name))
        yield name
    finally:
        with psycopg.connect(servers.postgres_dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
