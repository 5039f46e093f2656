"""Row-level security holds even where a statement forgets its workspace."""

import psycopg
import pytest

from services.kit.postgres import Database, UnsafeDatabase
from tests import examples
from tests.services import Talk
from tests.stack import Servers

TABLES = (
    "workspaces",
    "heads",
    "namespaces",
    "keys",
    "events",
    "inbox",
    "memories",
    "usage",
    "derived",
    "audit",
    "deletions",
    "relationships",
)


async def test_a_statement_without_a_workspace_sees_only_its_own(memory: Talk, memory_service: Servers) -> None:
    await memory.order(examples.store(memory.workspace_id))
    stranger = examples.a_workspace_id()
    with psycopg.connect(memory_service.postgres_dsn("weft_memory")) as connection:
        for workspace_id, rows in ((memory.workspace_id, True), (stranger, False)):
            connection.execute("SELECT set_config('app.workspace', %s, true)", (workspace_id,))
            found = connection.execute("SELECT count(*) FROM memory.memories").fetchone()
            assert found is not None
            assert (found[0] > 0) is rows


@pytest.mark.parametrize("table", TABLES)
async def test_a_transaction_that_names_no_workspace_fails(memory_service: Servers, table: str) -> None:
    with (
        psycopg.connect(memory_service.postgres_dsn("weft_memory")) as connection,
        pytest.raises(psycopg.errors.UndefinedObject),
    ):
        connection.execute(f"SELECT * FROM memory.{table}".encode())


async def test_a_row_of_another_workspace_cannot_be_written(memory: Talk, memory_service: Servers) -> None:
    with psycopg.connect(memory_service.postgres_dsn("weft_memory")) as connection:
        connection.execute("SELECT set_config('app.workspace', %s, true)", (examples.a_workspace_id(),))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("INSERT INTO memory.namespaces VALUES (%s, 'x', 'X', 'active')", (memory.workspace_id,))


async def test_a_relationship_is_seen_and_changed_in_its_own_workspace_alone(
    memory: Talk, memory_service: Servers
) -> None:
    stored = [examples.store(memory.workspace_id) for _ in range(2)]
    for command in stored:
        await memory.order(command)
    await memory.order(examples.make_relationship(memory.workspace_id, *(it.memory_id for it in stored)))
    with psycopg.connect(memory_service.postgres_dsn("weft_memory")) as connection:
        for workspace_id, seen in ((examples.a_workspace_id(), 0), (memory.workspace_id, 1)):
            connection.execute("SELECT set_config('app.workspace', %s, true)", (workspace_id,))
            assert connection.execute("SELECT count(*) FROM memory.relationships").fetchone() == (seen,)
            assert connection.execute("UPDATE memory.relationships SET confidence = 0").rowcount == seen
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE memory.relationships SET workspace_id = %s", (examples.a_workspace_id(),))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM memory.events",
        "UPDATE memory.events SET seq = 1",
        "DROP TABLE memory.events",
        "TRUNCATE memory.audit",
    ],
)
async def test_the_service_itself_cannot_rewrite_history(memory_service: Servers, statement: str) -> None:
    with psycopg.connect(memory_service.postgres_dsn("weft_memory")) as connection:
        connection.execute("SELECT set_config('app.workspace', %s, true)", (examples.a_workspace_id(),))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


async def test_it_refuses_a_database_that_may_forget_a_commit(migrated: Servers) -> None:
    unsafe = Database(migrated.postgres_dsn("postgres"), "memory", size_max=1)
    await unsafe.open()
    try:
        async with unsafe.session() as connection:
            await connection.execute("SET synchronous_commit = off")
        with pytest.raises(UnsafeDatabase):
            await unsafe.refuse_if_unsafe()
    finally:
        await unsafe.close()
