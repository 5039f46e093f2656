"""What an operator sees and does: verify, parked messages, rebuild, on the running stack."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable

import httpx2
import psycopg
import pytest

from contracts import subjects
from contracts.base import memory_id_from
from deploy.admin import parked
from deploy.admin.bus import Operator, OperatorSettings, operator
from deploy.local.home import CHECKOUT
from tests import examples
from tests.stack import Stack, Workspace, wait_until


def admin(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`weft-admin ...`, as wide as a wide terminal."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.admin", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **stack.operator_environment(), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def with_operator(stack: Stack, work: Callable[[Operator], Awaitable[None]]) -> None:
    async def connected() -> None:
        settings = OperatorSettings(nats_url=stack.nats_url("admin"), key_pepper=stack.endpoints.secrets.key_pepper)
        async with operator(settings) as asked:
            await work(asked)

    asyncio.run(connected())


def stored(workspace: Workspace, title: str = "Use the connection pool") -> str:
    body = {"title": title, "narrative": "One connection for each request exhausted the server."}
    answer = httpx2.post(f"{workspace.url}/api/v1/memories/store", json=body, headers=workspace.headers)
    assert answer.status_code == 201
    return str(answer.json()["memory_id"])


def is_found(workspace: Workspace, memory_id: str) -> bool:
    asked = {"query": "connection pool"}
    answer = httpx2.post(f"{workspace.url}/api/v1/memories/search", json=asked, headers=workspace.headers)
    return memory_id in [each["id"] for each in answer.json()["results"]]


@pytest.fixture
def nothing_parked(stack: Stack) -> None:
    async def purge(asked: Operator) -> None:
        await asked.bus.jetstream.purge_stream(subjects.PARKED_STREAM)

    with_operator(stack, purge)


def test_verify_agrees_with_a_workspace_that_is_well(stack: Stack, workspace: Workspace) -> None:
    memory_id = stored(workspace)
    wait_until(lambda: is_found(workspace, memory_id), what="the memory in the index")
    done = admin(stack, "verify", "--workspace", workspace.workspace_id)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 memories: all agree" in done.stdout


def test_verify_names_what_differs_and_a_rebuild_mends_it(stack: Stack, workspace: Workspace) -> None:
    memory_id = stored(workspace)
    wait_until(lambda: is_found(workspace, memory_id), what="the memory in the index")
    with psycopg.connect(stack.postgres_dsn("postgres"), autocommit=True) as connection:
        connection.execute("UPDATE memory.memories SET confidence_score = 0.1 WHERE memory_id = %s", [memory_id])
    differing = admin(stack, "verify", "--workspace", workspace.workspace_id)
    assert differing.returncode == 1
    assert f"{memory_id}: confidence_score" in differing.stdout
    rebuilt = admin(stack, "rebuild", "memory", "--workspace", workspace.workspace_id)
    assert "memory rebuilt, 1 memories" in rebuilt.stdout, rebuilt.stdout + rebuilt.stderr
    assert admin(stack, "verify", "--workspace", workspace.workspace_id).returncode == 0


def test_a_rebuilt_index_has_what_the_old_one_had(stack: Stack, workspace: Workspace) -> None:
    memory_id = stored(workspace)
    wait_until(lambda: is_found(workspace, memory_id), what="the memory in the index")
    done = admin(stack, "rebuild", "search", "--workspace", workspace.workspace_id)
    assert "search rebuilt, 1 memories" in done.stdout, done.stdout + done.stderr
    assert is_found(workspace, memory_id)


@pytest.mark.usefixtures("nothing_parked")
def test_nothing_parked_is_said_in_words(stack: Stack) -> None:
    assert admin(stack, "parked", "list").stdout.strip() == "Nothing is parked."
    assert admin(stack, "parked", "count").stdout.strip() == "0"
    assert "0 of 0 handled" in admin(stack, "parked", "replay").stdout


@pytest.mark.usefixtures("nothing_parked")
def test_what_can_not_be_handled_is_listed_and_stays(stack: Stack, workspace: Workspace) -> None:
    subject = f"commands.{workspace.workspace_id}.memory.mem-0000000000000000.store"

    async def send_nonsense(asked: Operator) -> None:
        await asked.bus.publish(subject, b"{nonsense")

    with_operator(stack, send_nonsense)
    wait_until(lambda: admin(stack, "parked", "count").stdout.strip() == "1", "a parked message")
    listed = admin(stack, "parked", "list").stdout
    assert subject in listed
    assert "memory" in listed
    replayed = admin(stack, "parked", "replay")
    assert replayed.returncode == 1
    assert "stays parked" in replayed.stdout
    assert "0 of 1 handled" in replayed.stdout


@pytest.mark.usefixtures("nothing_parked")
def test_what_can_be_handled_by_now_is_replayed_once(stack: Stack, workspace: Workspace) -> None:
    command = examples.store(workspace.workspace_id)
    headers = {
        "Weft-Service": "memory",
        "Weft-Subject": subjects.command(command),
        "Weft-Fault": "DiskFull",
    }

    async def park(asked: Operator) -> None:
        payload = command.model_dump_json().encode()
        await asked.bus.publish(subjects.parked("memory", workspace.workspace_id), payload, headers)
        [found] = await parked.listed(asked)
        assert (found.service, found.fault) == ("memory", "DiskFull")

    with_operator(stack, park)
    done = admin(stack, "parked", "replay")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 handled" in done.stdout
    assert admin(stack, "parked", "count").stdout.strip() == "0"
    got = httpx2.get(f"{workspace.url}/api/v1/memories/{command.memory_id}", headers=workspace.headers)
    assert got.status_code == 200


def test_a_workspace_that_is_not_there_is_refused_in_one_line(stack: Stack) -> None:
    unknown = "ws-" + memory_id_from(examples.store("ws-aaaaaaaaaaaa").command_id)[4:16]
    done = admin(stack, "rebuild", "memory", "--workspace", unknown)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == ["weft-admin: Workspace not found."]


def test_without_a_stack_it_says_where_to_get_one(stack: Stack) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WEFT_")}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.admin", "parked", "count"],
        cwd=CHECKOUT,
        env={**kept, "WEFT_HOME": str(stack.home.path / "nowhere")},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "no running Weft found" in done.stderr
