"""What sessions taught is readable in no table of extraction, and by nobody once it is stored."""

from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from contracts.base import Quote, now
from contracts.commands import MemoryDraft
from services.extraction.documents.entities import Mention
from services.extraction.documents.facts import Said
from services.extraction.documents.findings import Found
from services.extraction.merging import Learnt
from services.extraction.store import calls, chores, documents, jobs
from services.extraction.store.calls import Question
from services.extraction.store.chores import Chore
from services.extraction.store.jobs import Asked, Job
from services.extraction.store.unsealed import seal_what_is_there
from services.kit.migrations import Migrations
from services.kit.postgres import Connection, Database, rows
from tests import examples
from tests.sealing import everything_in, older_database
from tests.services import sealed
from tests.stack import Servers, files_with

STEP, ANSWER = "jobs/1", "jobs/2"


def learnt_of(text: str) -> Learnt:
    lists = {"tags": (text,), "concepts": (text,), "source_files": (text,)}
    draft = MemoryDraft(title=text, narrative=text, memory_type="decision", **lists)
    return Learnt(draft=draft, quotes=(Quote(observation_id=None, text=text),))


async def a_job(tables: Database, workspace_id: str, job_id: str) -> Job:
    async with tables.transaction(workspace_id) as connection:
        await jobs.ask(connection, workspace_id, Asked(job_id, "ses-1", 1, now()))
        begun = await jobs.begin(connection, workspace_id)
    assert begun is not None
    return begun


async def test_no_table_has_a_word_of_what_a_session_taught_and_its_key_goes_with_the_last_of_it(
    tables: Database, migrated: Servers
) -> None:
    ws, text = examples.a_workspace_id(), f"sentinel{uuid4().hex}"
    learnt, job = learnt_of(text), await a_job(tables, ws, STEP)
    async with tables.transaction(ws) as connection:
        await calls.begin(connection, job, Question(text, "m", "v", 1, 1, 1))
        await calls.keep(connection, job, text, [learnt])
        await jobs.plan(connection, job, [learnt, learnt])
        await jobs.remember_written(connection, ws, "mem-1", text)
        chore = Chore(ws, "chore", "reclassification", "default", 1, 1, 0, None)
        await chores.note_looked_at(connection, chore, {"mem-1": text}, ["mem-1"])
    async with tables.transaction(ws) as connection:
        assert await calls.kept(connection, job, text) == [learnt]
        assert [it.learnt for it in await jobs.steps(connection, job)] == [learnt, learnt]
        assert await jobs.written(connection, ws, "mem-1") == text
        assert await chores.looked_at(connection, ws, ["mem-1"]) == {"mem-1": text}
        [key] = await rows(connection, "SELECT wrapped FROM data_keys", {})
        await jobs.finish(connection, job)
        assert await rows(connection, "SELECT wrapped FROM data_keys", {}) == [key], "it is not at its end yet"
    assert text not in everything_in(migrated, "extraction")

    async with tables.transaction(ws) as connection:
        await calls.forget(connection, job)
        for ordinal in (0, 1):
            await jobs.done(connection, job, ordinal, "stored", "mem-1")
        await jobs.finish(connection, job)
    left = everything_in(migrated, "extraction")
    assert STEP in left
    assert text not in left
    assert key["wrapped"].hex() not in left
    with psycopg.connect(migrated.postgres_dsn("postgres"), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    assert files_with(migrated.home.postgres_data, text.encode()) == []


async def test_no_table_has_a_word_of_what_a_model_found_in_a_document(tables: Database, migrated: Servers) -> None:
    ws, text = examples.a_workspace_id(), f"sentinel{uuid4().hex}"
    found = (Found(0, [Said("fact", text, 0.5)], [Mention(text, "person", 1.0)]),)
    asked = [documents.Asked(job_id, job_id, 1, 1, "default", now()) for job_id in ("doc-1", "doc-2")]
    async with tables.transaction(ws) as connection:
        for each in asked:
            await documents.ask(connection, ws, each)
        finished, deleted = [await due(connection, ws, each.job_id) for each in asked]
        for job in (finished, deleted):
            await calls.begin(connection, job, Question(text, "m", "v", 1, 1, 1))
            await documents.keep(connection, job, text, found)
    assert text not in everything_in(migrated, "extraction")
    async with tables.transaction(ws) as connection:
        assert await documents.kept(connection, finished, text) == found
        assert await documents.kept(connection, finished, "else") is None
        assert len(await rows(connection, "SELECT FROM data_keys", {})) == 2
        await documents.forget_answers(connection, finished)
        await documents.forget(connection, ws, documents.Deleted(deleted.document_id, 2))
        assert await rows(connection, "SELECT FROM data_keys", {}) == []
        assert await documents.kept(connection, deleted, text) is None


async def due(connection: Connection, workspace_id: str, job_id: str) -> documents.Job:
    found = await documents.due(connection, workspace_id, is_pdf=False, open_=job_id)
    assert found is not None
    assert found.job_id == job_id
    return found


async def test_an_answer_that_taught_nothing_is_kept_without_a_key(tables: Database) -> None:
    ws = examples.a_workspace_id()
    job = await a_job(tables, ws, STEP)
    async with tables.transaction(ws) as connection:
        assert await calls.kept(connection, job, "question") is None
        await calls.keep(connection, job, "question", [])
        await calls.forget(connection, job)
        assert await calls.kept(connection, job, "question") == []
        assert await jobs.plan(connection, job, []) == []
        assert await rows(connection, "SELECT 1 FROM data_keys", {}) == []


def put_as_it_was(connection: "psycopg.Connection[object]", learnt: Learnt, text: str) -> None:
    """In the tables of the version before: a job with an order to give and one that is given, a job with answers."""
    said = Jsonb(learnt.model_dump(mode="json"))
    for job_id in (STEP, ANSWER):
        values = ("ws-a", job_id, "ses-1", 1, now(), now())
        connection.execute(
            "INSERT INTO extraction.jobs (workspace_id, job_id, session_id, version, asked_at, due_at)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            values,
        )
    for ordinal, outcome in ((0, "stored"), (1, None)):
        step = ("ws-a", STEP, ordinal, None if outcome else said, outcome, "mem-1" if outcome else None)
        connection.execute("INSERT INTO extraction.steps VALUES (%s, %s, %s, %s, %s, %s)", step)
    for key, found in ((text, Jsonb([learnt.model_dump(mode="json")])), ("nothing", Jsonb([]))):
        connection.execute("INSERT INTO extraction.answers VALUES (%s, %s, %s, %s)", ("ws-a", ANSWER, key, found))
    connection.execute("INSERT INTO extraction.written VALUES ('ws-a', 'mem-1', %s)", (text,))
    connection.execute("INSERT INTO extraction.looked_at VALUES ('ws-a', 'default', 'mem-1', %s)", (text,))


async def test_what_an_older_version_left_readable_is_sealed_by_the_migration(
    migrated: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"sentinel{uuid4().hex}"
    learnt = learnt_of(text)
    monkeypatch.setenv("WEFT_MASTER_KEY_FILE", str(migrated.home.master_key))
    with older_database(migrated, "extraction", 3) as name:
        with psycopg.connect(migrated.postgres_dsn("postgres", name), autocommit=True) as connection:
            put_as_it_was(connection, learnt, text)
            assert text in everything_in(migrated, "extraction", name)
            migrations = Migrations("extraction", {"0006_sealing.sql": seal_what_is_there})
            migrations.run(migrated.postgres_dsn("weft_owner", name))
            assert text not in everything_in(migrated, "extraction", name)
            connection.execute("CHECKPOINT")
        assert files_with(migrated.home.postgres_data / "base", text.encode()) == []
        opened = sealed(migrated, "weft_extraction", "extraction", database=name)
        await opened.open()
        async with opened.transaction("ws-a") as found:
            steps = await jobs.steps(found, Job("ws-a", STEP, "ses-1", 1, 1, 0))
            assert [(it.learnt, it.outcome) for it in steps] == [(None, "stored"), (learnt, None)]
            asked = Job("ws-a", ANSWER, "ses-1", 1, 1, 0)
            assert [await calls.kept(found, asked, it) for it in (text, "nothing", "else")] == [[learnt], [], None]
            assert await jobs.written(found, "ws-a", "mem-1") == text
        await opened.close()
