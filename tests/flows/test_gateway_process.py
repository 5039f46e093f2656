"""The gateway as a process: what it does when others do not, and how it ends."""

import signal
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.flows.conftest import client_of, store
from tests.flows.test_commands_api import DRAFT, is_ready, standing_still
from tests.stack import Stack, Workspace, wait_until

STORE = "/api/v1/memories/store"


@pytest.mark.slow
def test_while_the_bus_stands_still_everything_is_503_within_three_seconds(stack: Stack, anyone: httpx2.Client) -> None:
    with standing_still(stack, "nats"):
        answers = [anyone.post(STORE, json=DRAFT), anyone.get("/api/v1/workspace"), anyone.get("/readyz")]
        alive = anyone.get("/healthz")
    for answer in answers:
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert answer.elapsed.total_seconds() < 3
    assert alive.status_code == 200
    wait_until(lambda: is_ready(anyone), what="readiness")
    assert store(anyone)["revision"] == 1


@pytest.mark.slow
def test_told_to_end_it_first_answers_what_it_has_begun(stack: Stack, workspace: Workspace) -> None:
    with client_of(workspace) as client, ThreadPoolExecutor(1) as pool:
        with standing_still(stack, "memory"):
            begun = pool.submit(client.post, STORE, json=DRAFT)
            wait_until(lambda: commands_waiting(stack) > 0, what="the command")
            pid = stack.kill("gateway", signal.SIGTERM)
        assert begun.result(timeout=15).status_code in {201, 202}
        stack.wait_restarted("gateway", pid)
    with client_of(workspace) as client:
        wait_until(lambda: answers(client), what="an answer of the new one")
        wait_until(lambda: client.get("/api/v1/workspace").json()["memory_count"] == 1, what="the memory")


def commands_waiting(stack: Stack) -> int:
    """On the stream, and not yet acknowledged by memory."""
    detail = httpx2.get(
        f"{stack.endpoints.nats_monitor_url}/jsz", params={"consumers": "true", "streams": "true"}
    ).json()
    streams = detail["account_details"][0]["stream_detail"]
    consumers = [each for stream in streams if stream["name"] == "COMMANDS" for each in stream["consumer_detail"]]
    return sum(each["num_pending"] + each["num_ack_pending"] for each in consumers)


def answers(client: httpx2.Client) -> bool:
    try:
        return is_ready(client)
    except httpx2.TransportError:
        return False
