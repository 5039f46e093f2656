"""The analytics example as a process, from the real stream: killed as often as one likes, the file is the same."""

import asyncio
import os
import sys
from itertools import islice
from pathlib import Path

from deploy.local.home import CHECKOUT
from examples.analytics.store import Store
from tests import examples
from tests.analytics.days import Days, as_json, erasures
from tests.happened import happening
from tests.stack import PATIENCE_S, Servers, eventually

EVENTS = 900
KILLS = 3


async def test_killed_again_and_again_it_has_what_one_run_has(servers: Servers, tmp_path: Path) -> None:
    workspace_id = examples.a_workspace_id()
    days = list(islice(Days(workspace_id).events(), EVENTS))
    days += erasures(days)
    async with happening(servers) as bus:
        await bus.publish(*days)
        url, consumer = await bus.subscriber(f"events.{workspace_id}.>", ack_wait_s=1.0)
        environment = {**os.environ, "WEFT_EVENTS_URL": url, "WEFT_EVENTS_CONSUMER": consumer}
        command = [sys.executable, "-m", "examples.analytics", "follow", str(tmp_path / "killed.duckdb")]
        command += ["--until-now", "--at-once", "25"]
        left = await bus.unsettled(consumer)
        for _ in range(KILLS):
            before = left

            async def went_on() -> bool:
                nonlocal left
                left = await bus.unsettled(consumer)
                return left < before - EVENTS / (2 * KILLS)  # noqa: B023 - it is asked before the next

            process = await asyncio.create_subprocess_exec(*command, cwd=CHECKOUT, env=environment)
            await eventually(went_on, "some of the events in the file")
            process.kill()
            await process.wait()
        assert left > 0
        process = await asyncio.create_subprocess_exec(*command, cwd=CHECKOUT, env=environment)
        assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0
        assert await bus.unsettled(consumer) == 0
    with Store(tmp_path / "killed.duckdb") as killed, Store(tmp_path / "whole.duckdb") as whole:
        whole.take([as_json(event) for event in days])
        assert killed.ask("FROM events ORDER BY ALL") == whole.ask("FROM events ORDER BY ALL")
        assert killed.ask("SELECT seq, missing FROM cursors") == [(EVENTS, 0)]
