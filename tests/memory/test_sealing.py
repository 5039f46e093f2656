"""Content at rest: nothing readable is in the tables, nor was left there by a version that did not seal yet."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from services.kit.migrations import Migrations
from services.kit.sealing.keys import Unreadable
from services.memory.store.unsealed import seal_what_is_there
from tests import examples
from tests.memory.test_documents import sent
from tests.memory.unsealing import OF_DOCUMENTS, TABLES, opened_rows, unsealed
from tests.services import Talk
from tests.stack import Servers, files_with


async def filled(memory: Talk) -> str:
    """A text that stands in everything that an author writes."""
    ws, text = memory.workspace_id, f"sentinel-{uuid4().hex}"
    drafts = [
        examples.a_draft(title=text, narrative=text, tags=(text,), concepts=(text,), source_files=(text,))
        for _ in range(2)
    ]
    one, other = (examples.store(ws, draft, fingerprint="0" * 64) for draft in drafts)
    for command in (one, other):
        await memory.order(command)
    await memory.order(examples.make_relationship(ws, one.memory_id, other.memory_id, context=text))
    await memory.order(examples.consolidate(ws, one.memory_id, other.memory_id))
    started = examples.start_session(ws, project_path=text, project_name=text, metadata={text: text})
    await memory.order(started)
    seen = [examples.an_observation(content=text, files=(text,), metadata={text: [text]}) for _ in range(2)]
    await memory.order(examples.observe(ws, started.session_id, *seen))
    ended = examples.end_session(ws, started.session_id, summary=text)
    await memory.order(ended)
    await memory.order(examples.record_job(ws, ended.job_id, "empty", reason=text))
    await ingested(memory, text)
    return text


async def ingested(memory: Talk, text: str) -> None:
    """It stands in all that is kept of a document."""
    ws, taken = (
        memory.workspace_id,
        await sent(memory, text.encode(), title=text, source_id=text, metadata={text: text}),
    )
    await memory.order(taken)
    section = examples.a_section(ws, taken.document_id, title=text)
    await memory.order(examples.record_chunks(ws, taken.document_id, text, sections=(section,)))
    found = [made(ws, taken.document_id, text) for made in (examples.a_fact, examples.an_entity)]
    await memory.order(examples.record_findings(ws, taken.document_id, *found))
    assert "body" in await memory.order(examples.finish_document(ws, taken.document_id, 1))


def checkpoint(servers: Servers) -> None:
    with psycopg.connect(servers.postgres_dsn("postgres"), autocommit=True) as connection:
        connection.execute("CHECKPOINT")


async def test_nothing_that_an_author_wrote_is_in_a_file_of_postgres(memory: Talk, memory_service: Servers) -> None:
    text = await filled(memory)
    told = {table for table, content in unsealed(memory_service, memory.workspace_id) if text in content}
    assert told == {*TABLES, *OF_DOCUMENTS}
    checkpoint(memory_service)
    assert files_with(memory_service.home.postgres_data, text.encode()) == []


@pytest.mark.parametrize(
    "swap",
    [
        "events e SET payload = x.payload FROM memory.events x WHERE x.workspace_id = e.workspace_id"
        " AND x.stream = e.stream AND x.version = 1 AND e.version = 2 AND e",
        "observations o SET number = number + 100 WHERE o",
        "chunks c SET index = index + 100 WHERE c",
        "inbox i SET command_id = gen_random_uuid() WHERE i",
    ],
)
async def test_what_is_sealed_opens_where_it_was_put_and_nowhere_else(
    memory: Talk, memory_service: Servers, swap: str
) -> None:
    await filled(memory)
    with psycopg.connect(memory_service.postgres_dsn("postgres")) as connection:
        statement = f"UPDATE memory.{swap}.workspace_id = %s"
        assert connection.execute(statement.encode(), (memory.workspace_id,)).rowcount
    with pytest.raises(Unreadable):
        list(unsealed(memory_service, memory.workspace_id))


@pytest.fixture
def older(migrated: Servers) -> Iterator[str]:
    """The name of a database that is as the version before left it."""
    name = f"older_{uuid4().hex[:8]}"
    with psycopg.connect(migrated.postgres_dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER weft_owner".encode())
    migrations = Migrations("memory")
    migrations._names = migrations._names[:8]
    migrations.run(migrated.postgres_dsn("weft_owner", name))
    yield name
    with psycopg.connect(migrated.postgres_dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def put_as_it_was(servers: Servers, database: str, workspace_id: str) -> None:
    """The rows of a workspace in the tables of the version before, readable as they were."""
    with psycopg.connect(servers.postgres_dsn("postgres", database)) as connection:
        for table, row, content in opened_rows(servers, workspace_id):
            if table in OF_DOCUMENTS:  # there were none
                continue
            found = connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'memory' AND table_name = %s",
                (table,),
            )
            values = {name: {**row, **content}.get(name) for (name,) in found}
            kept = {name: _as_column(name, value) for name, value in values.items()}
            places = ", ".join(f"%({name})s" for name in kept)
            connection.execute(f"INSERT INTO memory.{table} ({', '.join(kept)}) VALUES ({places})".encode(), kept)


def _as_column(name: str, value: Any) -> Any:
    match value:
        case dict():
            return Jsonb(value)
        case tuple():
            return list(value)
        case str() if name in ("payload", "answer"):
            return value.encode()
        case _:
            return value


async def test_what_an_older_version_left_readable_is_sealed_by_the_migration(
    memory: Talk, memory_service: Servers, older: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = await filled(memory)
    before = sorted(each for each in unsealed(memory_service, memory.workspace_id) if each[0] not in OF_DOCUMENTS)
    put_as_it_was(memory_service, older, memory.workspace_id)
    monkeypatch.setenv("WEFT_MASTER_KEY_FILE", str(memory_service.home.master_key))
    migrations = Migrations("memory", {"0011_sealing.sql": seal_what_is_there})
    assert migrations.run(memory_service.postgres_dsn("weft_owner", older)) == migrations.head - 8
    assert sorted(unsealed(memory_service, memory.workspace_id, older)) == before
    checkpoint(memory_service)
    assert files_with(memory_service.home.postgres_data / "base", text.encode()) == []
