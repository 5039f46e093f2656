"""Where a text still is: in the tables, and in the files of the servers."""

import psycopg
from psycopg import sql

from tests import stack
from tests.stack import Servers


def files_with(servers: Servers, text: str) -> list[str]:
    """The files of all servers in which a text stands that is content: at rest it is sealed."""
    return [*stack.files_with(servers.home.postgres_data, text.encode()), *streamed(servers, text)]


def streamed(servers: Servers, text: str) -> list[str]:
    """The files of streams and index in which it stands. Names and ids that were deleted are in those of Postgres until
    their pages are used again."""
    folders = (servers.home.nats_data, servers.home.search_data)
    return [file for folder in folders for file in stack.files_with(folder, text.encode())]


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
