"""Nightly work of a memory service that is killed in the middle of it, and of one that slept through the night."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta

import psycopg
import pytest

from contracts.base import now
from contracts.queries import GetJob, ListJobs, OfWorkspace
from deploy.admin.bus import OperatorSettings, operator
from tests import examples
from tests.services import Talk, ready, running
from tests.stack import Servers, eventually

pytestmark = [pytest.mark.slow, pytest.mark.servers]

MEMORIES = 1_000
TODAY = now().date()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers on which no other memory service could take over."""
    servers = Servers.start(tmp_path_factory.mktemp("alone"))
    servers.migrate()
    yield servers
    servers.stop()


@pytest.fixture
async def talk(alone: Servers) -> AsyncIterator[Talk]:
    async with operator(OperatorSettings(nats_url=alone.nats_url("admin"), key_pepper="pepper")) as connected:
        yield Talk(connected, examples.a_workspace_id())


def started(servers: Servers) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, **servers.environment("memory"), "WEFT_MAINTENANCE_POLL_S": "0.1"}
    return subprocess.Popen([sys.executable, "-m", "services.memory.app"], env=environment)


def moved(servers: Servers, workspace_id: str) -> Counter[str]:
    """How often each memory moved."""
    with psycopg.connect(servers.postgres_dsn("postgres")) as connection:
        return Counter(
            memory_id
            for (memory_id,) in connection.execute(
                "SELECT stream FROM memory.events WHERE workspace_id = %s AND type = 'weft.memory.recalculated.v1'",
                (workspace_id,),
            )
        )


async def begun_and_killed(alone: Servers, talk: Talk, process: "subprocess.Popen[bytes]", day: date) -> str:
    """Asks for the work of a day, and kills the service once some of it is done. The job's id."""
    before = moved(alone, talk.workspace_id).total()
    command = examples.start_maintenance(talk.workspace_id, day=day)
    await talk.order(command)

    async def some() -> bool:
        return moved(alone, talk.workspace_id).total() > before

    await eventually(some, "the first memories to move")
    process.kill()
    process.wait()
    return command.job_id


async def job_of(talk: Talk, job_id: str) -> dict[str, object]:
    found: dict[str, object] = await talk.ask(GetJob(workspace_id=talk.workspace_id, job_id=job_id))
    return found


async def test_a_kill_in_the_middle_of_a_thousand_memories_moves_each_once(alone: Servers, talk: Talk) -> None:
    process = started(alone)
    await ready(talk.operator, "memory")
    await talk.order(examples.open_workspace(talk.workspace_id))
    commands = [
        examples.store(talk.workspace_id, examples.a_draft(title=f"Memory {it}", importance_score=0.95))
        for it in range(MEMORIES)
    ]
    for start in range(0, MEMORIES, 100):
        await asyncio.gather(*(talk.order(each) for each in commands[start : start + 100]))
    for nights in range(1, 6):  # until a kill came in the middle, and not after the last page
        job_id = await begun_and_killed(alone, talk, process, TODAY + timedelta(days=nights))
        in_the_middle = moved(alone, talk.workspace_id).total() < MEMORIES * nights
        if in_the_middle:
            break
        process = started(alone)
        await ready(talk.operator, "memory")
    assert in_the_middle, "no kill came in the middle"
    with running(alone, "memory", WEFT_MAINTENANCE_POLL_S="0.1"):
        await ready(talk.operator, "memory")

        async def ended() -> bool:
            return (await job_of(talk, job_id))["status"] == "completed"

        await eventually(ended, "the end of the job")
        job = await job_of(talk, job_id)
        assert job["counts"] == {"moved": MEMORIES, "stayed": 0}
        assert job["attempts"] == 1
        assert moved(alone, talk.workspace_id) == Counter({it.memory_id: nights for it in commands})
        asked = OfWorkspace(workspace_id=talk.workspace_id)
        assert (await talk.operator.request("memory", "verify", asked))["differences"] == []


async def test_a_night_that_was_slept_through_is_made_up_for_at_the_start(alone: Servers, talk: Talk) -> None:
    with running(alone, "memory"):
        await ready(talk.operator, "memory")
        await talk.order(examples.open_workspace(talk.workspace_id))
        await talk.order(examples.store(talk.workspace_id, examples.a_draft(importance_score=0.95)))
    with psycopg.connect(alone.postgres_dsn("postgres")) as connection:
        connection.execute(
            "UPDATE memory.memories SET created_at = now() - interval '1 day' WHERE workspace_id = %s",
            (talk.workspace_id,),
        )
    for _ in range(2):  # started again, it asks for nothing more
        with running(alone, "memory", WEFT_NIGHTLY_AT="00:00", WEFT_MAINTENANCE_POLL_S="0.1"):
            await ready(talk.operator, "memory")

            async def done() -> bool:
                jobs = await talk.ask(ListJobs(workspace_id=talk.workspace_id))
                return [it["status"] for it in jobs if it["kind"] == "importance"] == ["completed"]

            await eventually(done, "the work of the night")
            found = await talk.ask(ListJobs(workspace_id=talk.workspace_id))
            assert sorted((it["kind"], it["attempts"], it["status"]) for it in found) == [
                ("consolidation", 1, "queued"),
                ("importance", 1, "completed"),
            ]
            assert {it["day"] for it in found} == {now().date().isoformat()}
