"""The example subscribers as they are, as processes, on the running stack."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import weft
from weft import AsyncWeft, Settings, Weft
from weft.events.event import Event
from weft.events.order import Gap

from deploy.local.home import CHECKOUT
from examples.analytics.store import Store
from tests.admin.test_subscribers import Subscriber
from tests.stack import PATIENCE_S, Stack, Workspace, eventually


@contextmanager
def running(name: str, credentials: dict[str, str]) -> Iterator[Iterator[str]]:
    """What it prints, line by line; killed at the end."""
    command = [sys.executable, "-m", f"examples.subscribers.{name}"]
    environment = {**os.environ, **credentials}
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.kill()


@pytest.mark.parametrize("name", ["with_nats", "with_faststream", "with_weft"])
async def test_it_says_what_is_stored_and_goes_on_where_it_was_killed(
    name: str, stack: Stack, workspace: Workspace
) -> None:
    added = Subscriber.add(stack, "--workspace", workspace.workspace_id, "--types", "weft.memory")
    credentials = {"WEFT_EVENTS_URL": added.url, "WEFT_EVENTS_CONSUMER": added.reader}
    with Weft(workspace.url, workspace.token) as client:
        first = client.memories.store("Integer cents", "Money is counted in integer cents.").memory_id
        with running(name, credentials) as said:
            assert any(first in line for line in said)
            await eventually(lambda: has_read_all(added), "that to be acknowledged, or it comes again in a minute")
        second = client.memories.store("One pool", "Every query goes through the pool.").memory_id
        with running(name, credentials) as said:
            assert any(second in line for line in said)


async def has_read_all(subscriber: Subscriber) -> bool:
    async with subscriber.connected() as client:
        standing = await client.jetstream().consumer_info("EVENTS", subscriber.reader)
    return (standing.num_ack_pending, standing.num_pending) == (0, 0)


async def test_what_happened_before_there_was_a_subscription_comes_from_the_log_and_then_the_bus_goes_on(
    stack: Stack, workspace: Workspace
) -> None:
    settings, gaps, found = Settings(workspace.url, workspace.token), list[Gap](), list[Event]()
    async with AsyncWeft(settings=settings) as client:
        kept = await client.memories.store("Integer cents", "Money is counted in integer cents.")
        gone = await client.memories.store("Floats", "Money is counted in floats.")
        await client.memories.delete(gone.memory_id)
        added = Subscriber.add(stack, "--workspace", workspace.workspace_id, "--from", "now")
        async with weft.events.subscribe(added.url, added.reader, after=0, log=settings, on_gap=gaps.append) as events:
            async for event in events:
                found.append(event)
                if event.type == "weft.memory.deleted.v1":
                    later = await client.memories.store("One pool", "Every query goes through the pool.")
                if len(found) > 2 and event.subject == later.memory_id:
                    break
    told = {event.seq: (event.subject, event.is_erased) for event in found if event.type != "weft.memory.used.v1"}
    assert list(told.values())[:3] == [(kept.memory_id, False), (gone.memory_id, True), (gone.memory_id, False)]
    assert list(told) == sorted(told)
    assert all(gap.last < found[0].seq for gap in gaps)  # how the workspace began is not for a key to read
    assert sum(gap.missing for gap in gaps) == found[0].seq - 1


def test_the_analytics_example_follows_and_reports(stack: Stack, workspace: Workspace, tmp_path: Path) -> None:
    added = Subscriber.add(stack, "--workspace", workspace.workspace_id)
    environment = {**os.environ, "WEFT_EVENTS_URL": added.url, "WEFT_EVENTS_CONSUMER": added.reader}
    with Weft(workspace.url, workspace.token) as client:
        memory = client.memories.store("Integer cents", "Money is counted in integer cents.", memory_type="decision")
        client.memories.rate(memory.memory_id, useful=True)
    analytics = [sys.executable, "-m", "examples.analytics"]
    file, page = str(tmp_path / "weft.duckdb"), str(tmp_path / "report.html")
    for command in (["follow", file, "--until-now"], ["report", file, page]):
        subprocess.run([*analytics, *command], cwd=CHECKOUT, env=environment, timeout=PATIENCE_S, check=True)
    with Store(Path(file)) as store:
        assert store.ask("SELECT title, type, source, found_useful FROM memories") == [
            ("Integer cents", "decision", "by hand", 1)
        ]
        assert store.ask("SELECT missing FROM cursors") == [(0,)]
    assert "100 % of 1 ratings say: useful" in Path(page).read_text()
