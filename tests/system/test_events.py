"""A stream of events while processes die: every event once and in order, from the first to the last."""

import asyncio
import signal
import threading

import httpx2
import pytest

from tests.flows.streams import following
from tests.flows.test_events_api import everything
from tests.stack import Stack, Workspace, eventually
from tests.system.load import Load
from tests.system.test_kills import loaded


class Follower(threading.Thread):
    """Follows a workspace's events, and connects again after the last that came, as any client does."""

    def __init__(self, workspace: Workspace):
        super().__init__(daemon=True)
        self._workspace = workspace
        self.came: list[int] = []
        self.connected = 0
        self.may_end = False

    def run(self) -> None:
        with httpx2.Client(base_url=self._workspace.url, headers=self._workspace.headers) as client:
            while not self.may_end:
                try:
                    self._follow(client)
                except (httpx2.TransportError, AssertionError):  # no gateway, or one that is not ready yet
                    continue

    def _follow(self, client: httpx2.Client) -> None:
        with following(client, self.came[-1] if self.came else 0) as stream:
            self.connected += 1
            for sent in stream:
                self.came.append(sent.id)
                if self.may_end:
                    return


@pytest.mark.slow
async def test_a_stream_misses_nothing_and_doubles_nothing_whoever_dies_meanwhile(
    stack: Stack, workspace: Workspace
) -> None:
    load, follower = Load(workspace), Follower(workspace)
    follower.start()
    load.start()
    for name, how in (("memory", signal.SIGKILL), ("nats", signal.SIGKILL), ("gateway", signal.SIGTERM)):
        await loaded(load, 30)
        killed = stack.kill(name, how)
        await asyncio.to_thread(stack.wait_restarted, name, killed)
    await loaded(load, 30)
    await load.stop()
    with httpx2.Client(base_url=workspace.url, headers=workspace.headers, timeout=15) as client:

        async def is_there() -> bool:
            return bool(follower.came) and follower.came[-1] == everything(client)[-1]["seq"]

        await eventually(is_there, "the last event to come")
        assert follower.came == [it["seq"] for it in everything(client)]
    assert follower.connected == 2  # memory and NATS were away, the gateway was another
    follower.may_end = True
    assert "graceful shutdown exceeded" not in (stack.home.logs / "gateway.log").read_text()
