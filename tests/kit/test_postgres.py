"""The door to Postgres, on a real server."""

import psycopg
import pytest

from services.kit.postgres import Database, DatabaseAway, row, together
from tests.stack import Servers

LOCK = 4711
TRY = "SELECT pg_try_advisory_lock(%(lock)s) AS got"


async def test_a_session_lock_ends_with_its_session(servers: Servers) -> None:
    database = Database(servers.postgres_dsn(), "public", size_max=2)
    await database.open()
    try:
        async with database.session() as leader:
            assert await row(leader, TRY, {"lock": LOCK}) == {"got": True}
        with psycopg.connect(servers.postgres_dsn()) as other:
            assert other.execute(TRY.encode(), {"lock": LOCK}).fetchone() == (True,)
    finally:
        await database.close()


async def test_what_is_asked_together_is_answered_in_order(servers: Servers) -> None:
    database = Database(servers.postgres_dsn(), "public", size_max=1)
    await database.open()
    try:
        async with database.transaction(None) as connection:
            found = await together(connection, *(("SELECT %(n)s::int AS n", {"n": number}) for number in range(5)))
        assert [rows[0]["n"] for rows in found] == list(range(5))
    finally:
        await database.close()


async def test_a_failed_statement_undoes_the_transaction(servers: Servers) -> None:
    database = Database(servers.postgres_dsn(), "public", size_max=1)
    await database.open()
    try:
        with pytest.raises(psycopg.errors.DivisionByZero):
            await _make_table_and_fail(database)
        async with database.transaction(None) as connection:
            assert await row(connection, "SELECT to_regclass('undone') AS found", {}) == {"found": None}
    finally:
        await database.close()


@pytest.mark.slow
async def test_a_server_that_is_not_there_is_a_fault_that_may_pass() -> None:
    database = Database("postgresql://nobody@127.0.0.1:9/none", "public", size_max=1)
    await database.open()
    try:
        with pytest.raises(DatabaseAway):
            async with database.transaction(None):
                raise AssertionError("there is no server")
    finally:
        await database.close()


async def _make_table_and_fail(database: Database) -> None:
    async with database.transaction(None) as connection:
        await connection.execute("CREATE TABLE undone (n int)")
        await connection.execute("SELECT 1 / 0")
