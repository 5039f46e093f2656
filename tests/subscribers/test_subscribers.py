"""The example subscribers as they are, as processes, on the running stack."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from weft import Weft

from deploy.local.home import CHECKOUT
from tests.admin.test_subscribers import Subscriber
from tests.stack import Stack, Workspace


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
def test_it_says_what_is_stored_and_goes_on_where_it_was_killed(name: str, stack: Stack, workspace: Workspace) -> None:
    added = Subscriber.add(stack, "--workspace", workspace.workspace_id, "--types", "weft.memory")
    credentials = {"WEFT_EVENTS_URL": added.url, "WEFT_EVENTS_CONSUMER": added.reader}
    with Weft(workspace.url, workspace.token) as client:
        first = client.memories.store("Integer cents", "Money is counted in integer cents.").memory_id
        with running(name, credentials) as said:
            assert any(first in line for line in said)
        second = client.memories.store("One pool", "Every query goes through the pool.").memory_id
        with running(name, credentials) as said:
            assert any(second in line for line in said)
