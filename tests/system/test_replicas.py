"""Two of each service behave as one: order, idempotency, no doubles, work shared; and one dies where it hurts."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import httpx2
import psycopg
import pytest

from contracts import subjects
from contracts.events import CloudEvent, JobChanged, MemoryStored
from deploy.admin import maintaining, rebuilding
from deploy.admin.bus import Operator, OperatorSettings, operator
from tests.services import answers
from tests.stack import Workspace, eventually
from tests.system.agreement import agreement
from tests.system.load import Load
from tests.system.replicas import Replica, Replicas, replicas

pytestmark = [pytest.mark.slow, pytest.mark.system]

FINAL = ("completed", "empty", "failed")
LESSONS = (
    "We decided to store money amounts as integer cents because floats round wrongly.",
    "Root cause: the retry handler held a database lock while it waited for the queue.",
)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    with replicas(tmp_path_factory.mktemp("replicas")) as started:
        yield started


@pytest.fixture
async def asked(two: Replicas) -> AsyncIterator[Operator]:
    """Once everybody hears."""
    settings = OperatorSettings(nats_url=two.stack.nats_url("admin"), key_pepper="unused")
    async with operator(settings) as connected:

        async def all_hear() -> bool:
            for service in ("memory", "search", "extraction"):
                await answers(connected, service)
            return all(it.handled() > 0 for it in two.hearing())

        await eventually(all_hear, "answers of all")
        yield connected


def client(workspace: Workspace, url: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=url, headers=workspace.headers, timeout=30)


async def published(asked: Operator, workspace: Workspace) -> list[CloudEvent]:
    """In the order of EVENTS."""
    everything = subjects.all_of(workspace.workspace_id)[subjects.EVENTS_STREAM]
    stored = asked.bus.stored(subjects.EVENTS_STREAM, everything)
    return [CloudEvent.read(message.data or b"") async for message in stored]


async def test_both_gateways_write_one_log_while_its_relay_dies_and_its_index_is_made_anew(
    two: Replicas, asked: Operator
) -> None:
    before = {it.metrics_port: it.handled() for it in two.running["search"]}
    workspace = two.new_workspace()
    loads = [Load(replace(workspace, url=url), clients=1) for url in two.urls]

    async def stored(at_least: int) -> bool:
        return all(len(each.acknowledged) >= at_least for each in loads)

    async def led_by_another(than: Replica) -> bool:
        return (await asyncio.to_thread(two.relaying)) not in (None, than)

    for each in loads:
        each.start()
    await eventually(partial(stored, 20), "some memories by each gateway")
    assert all(it.handled() > 5 for it in two.running["memory"]), "one did all the work"
    leader = two.relaying()
    assert leader is not None
    two.kill(leader)
    await eventually(partial(led_by_another, leader), "another relay")
    made_anew = asyncio.create_task(rebuilding.rebuild(asked, "search", workspace.workspace_id))
    two.start("memory")
    await eventually(partial(stored, 60), "more memories by each gateway")
    await asyncio.gather(*(each.stop() for each in loads))
    await made_anew
    await agreement(two.stack, workspace.workspace_id)

    acknowledged = [memory_id for each in loads for memory_id in each.acknowledged.values()]
    events = await published(asked, workspace)
    assert [it.seq for it in events] == list(range(1, len(events) + 1))
    stores = [it.subject for it in events if it.type == "weft.memory.stored.v1"]
    assert sorted(stores) == sorted(acknowledged)
    assert all(it.handled() > before[it.metrics_port] + 5 for it in two.running["search"]), "one did all the work"


async def test_the_same_request_at_both_gateways_at_once_is_one_memory_and_one_answer(
    two: Replicas, asked: Operator
) -> None:
    workspace = two.new_workspace()

    async def store(http: httpx2.AsyncClient, number: int) -> dict[str, Any]:
        body = {"title": f"Wish {number}", "narrative": "Asked for at two places at once."}
        answer = await http.post("/api/v1/memories/store", json=body, headers={"Idempotency-Key": f"wish-{number}"})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async with client(workspace, two.urls[0]) as one, client(workspace, two.urls[1]) as other:
        for number in range(10):
            here, there = await asyncio.gather(store(one, number), store(other, number))
            assert here == there

    async def stored() -> int:
        return sum(it.type == MemoryStored.type for it in await published(asked, workspace))

    async def all_are_told() -> bool:
        return await stored() >= 10

    await eventually(all_are_told, "the events of ten memories")
    assert await stored() == 10


async def test_each_session_is_extracted_once_each_silent_one_ended_once_and_each_night_job_done_once(
    two: Replicas, asked: Operator
) -> None:
    before = {it.metrics_port: it.handled() for it in two.running["extraction"]}
    workspaces = [two.new_workspace() for _ in range(4)]
    jobs: dict[str, Workspace] = {}
    for number, workspace in enumerate(workspaces):
        async with client(workspace, two.urls[number % 2]) as http:
            await http.post("/api/v1/sessions/start", json={"project_path": "/silent", "session_id": "silent"})
            for lesson in LESSONS:
                jobs[await _session(http, lesson)] = workspace
    for job_id, workspace in jobs.items():
        await eventually(partial(_has_ended, two, workspace, job_id), "the end of a job")
    tonight = [job for it in workspaces for job in await maintaining.ask_for(asked, it.workspace_id, ["importance"])]
    for job in tonight:
        here = next(it for it in workspaces if it.workspace_id == job["workspace_id"])
        await eventually(partial(_has_ended, two, here, job["job_id"]), "the end of nightly work")

    with psycopg.connect(two.stack.postgres_dsn("postgres")) as connection:
        begun = connection.execute("SELECT begun FROM extraction.jobs WHERE job_id = ANY(%s)", (list(jobs),)).fetchall()
    assert begun == [(1,)] * len(jobs)
    for workspace in workspaces:

        async def silent_has_ended(workspace: Workspace = workspace) -> bool:
            return "silent" in _ended(await published(asked, workspace))

        await eventually(silent_has_ended, "the end of the silent session")
        events = await published(asked, workspace)
        assert set(_ended(events).values()) == {1}
        assert set(_finished(events).values()) == {1}
    assert all(it.handled() > before[it.metrics_port] for it in two.running["extraction"]), "one did all the work"


def _ended(events: list[CloudEvent]) -> Counter[str]:
    return Counter(it.subject for it in events if it.type == "weft.session.ended.v1")


def _finished(events: list[CloudEvent]) -> Counter[str]:
    return Counter(it.data.job_id for it in events if isinstance(it.data, JobChanged) and it.data.status in FINAL)


async def _session(http: httpx2.AsyncClient, said: str) -> str:
    """Ended; the id of its job."""
    begun = (await http.post("/api/v1/sessions/start", json={"project_path": "/home/ada/payments"})).json()
    here = f"/api/v1/sessions/{begun['session_id']}"
    await http.post(f"{here}/observations", json={"kind": "message", "content": said})
    answer = await http.post(f"{here}/end", json={})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["extraction_job_id"])


async def _has_ended(two: Replicas, workspace: Workspace, job_id: str) -> bool:
    async with client(workspace, two.urls[1]) as http:
        return (await http.get(f"/api/v1/jobs/{job_id}")).json()["status"] in FINAL


async def test_a_key_that_one_gateway_took_away_opens_neither(two: Replicas) -> None:
    workspace = two.new_workspace()
    async with httpx2.AsyncClient(base_url=two.urls[0], timeout=30) as portal:
        login = await portal.post("/v1/auth/login", json=two.stack.new_owner(workspace))
        portal.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        here = {"X-Tenant-Id": workspace.workspace_id}
        made = (await portal.post("/v1/auth/api-keys", json={"tenant_id": workspace.workspace_id}, headers=here)).json()
        key = Workspace(two.urls[0], workspace.workspace_id, made["api_key"])

        async def statuses() -> list[int]:
            return [(await _asks(key, url)) for url in two.urls]

        assert await statuses() == [200, 200]
        await portal.delete(f"/v1/auth/api-keys/{made['key_id']}", headers=here)
        assert await statuses() == [401, 401]


async def _asks(key: Workspace, url: str) -> int:
    async with client(key, url) as http:
        return (await http.get("/api/v1/workspace")).status_code


async def test_while_the_index_server_stands_still_stores_go_on_and_are_found_afterwards(
    two: Replicas, asked: Operator
) -> None:
    workspace = two.new_workspace()
    postponed = sum(it.handled("postponed") for it in two.running["search"])

    async def has_been_tried() -> bool:
        return sum(it.handled("postponed") for it in two.running["search"]) > postponed

    async with client(workspace, two.urls[0]) as http:

        async def is_found() -> bool:
            answer = await http.post("/api/v1/memories/search", json={"query": "cents"})
            return answer.status_code == 200 and answer.json()["count"] == 1

        two.qdrant.send_signal(signal.SIGSTOP)
        try:
            lesson = {"title": "Amounts are integer cents", "narrative": LESSONS[0]}
            assert (await http.post("/api/v1/memories/store", json=lesson)).status_code == 201
            answer = await http.post("/api/v1/memories/search", json={"query": "cents"})
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            await eventually(has_been_tried, "a search process that tried to index it")
        finally:
            two.qdrant.send_signal(signal.SIGCONT)
        await eventually(is_found, "the memory to be found")
    assert all(it.process.poll() is None for it in two.running["search"]), "nobody gave up"
