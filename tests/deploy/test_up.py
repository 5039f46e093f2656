"""The commands, as a user gives them, and the whole stack as they start it."""

import json
import os
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from deploy.local import status
from deploy.local.home import CHECKOUT, Home, read_credentials
from deploy.local.supervisor import read_state
from tests.deploy.test_ports import listening
from tests.stack import Stack, Workspace, files_with, wait_until

pytestmark = pytest.mark.slow

SERVICES = ("memory", "search", "gateway")


def command(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.local", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "WEFT_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def test_status_logs_and_down_of_what_never_ran_say_so(tmp_path: Path) -> None:
    assert "is down" in command(tmp_path, "status").stdout
    assert command(tmp_path, "down").stdout == "Weft was not running\n"
    assert "there are: none" in command(tmp_path, "logs", "memory").stderr


@pytest.mark.slow
def test_up_with_a_port_that_is_taken_says_which_and_leaves_nothing_running(tmp_path: Path) -> None:
    with listening(14_999):
        done = command(tmp_path, "up", WEFT_PORT="14999")
    assert done.returncode == 1
    assert "port 14999 for the gateway is in use" in done.stderr
    assert "Traceback" not in done.stderr
    state = read_state(Home(tmp_path))
    assert state is not None
    assert state.processes == []
    assert state.supervisor().wait_gone(5)  # it says what is the matter, and ends then


@pytest.mark.slow
def test_servers_alone_go_up_and_down_by_command(tmp_path: Path) -> None:
    up = command(tmp_path, "up", "--servers-only")
    try:
        assert up.returncode == 0, up.stderr
        assert [line.split()[0] for line in command(tmp_path, "status").stdout.splitlines()[1:4]] == [
            "supervisor",
            "nats",
            "postgres",
        ]
        assert "already up" in command(tmp_path, "up", "--servers-only").stdout
        assert "database system is ready" in command(tmp_path, "logs", "postgres").stdout
    finally:
        assert command(tmp_path, "down").stdout == "Weft is down\n"
    state = read_state(Home(tmp_path))
    assert state is not None
    assert {process.state for process in state.processes} == {"stopped"}


def test_every_part_runs_as_a_process_of_its_own(stack: Stack) -> None:
    pids = {name: stack.pid(name) for name in ("nats", "postgres", *SERVICES)}
    assert len(set(pids.values())) == 5
    assert answers(f"{stack.url}/readyz")


def test_credentials_are_written_for_their_owner_only(stack: Stack) -> None:
    assert stack.home.credentials.stat().st_mode & 0o777 == 0o600
    credentials = read_credentials(stack.home.credentials)
    assert credentials["MEMORIES_API_URL"] == stack.url
    assert credentials["MEMORIES_WORKSPACE_ID"].startswith("ws-")
    assert credentials["MEMORIES_API_TOKEN"]


def test_up_prints_the_lines_that_connect_claude_code(stack: Stack) -> None:
    lines = [shlex.split(line) for line in command(stack.home.path, "up").stdout.splitlines() if "claude " in line]
    plugin, tools = [line for line in lines if line[0] == "claude"]
    marketplace = Path(plugin[plugin.index("--marketplace") + 1])
    assert (marketplace / ".claude-plugin" / "marketplace.json").exists()
    assert f"api_url={stack.url}" in plugin
    name, _, value = tools[tools.index("--header") + 1].partition(": ")
    headers = {name: value, "Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    asked = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()
    (url,) = [each for each in tools if each.startswith("http:")]
    with urllib.request.urlopen(urllib.request.Request(url, asked, headers), timeout=60) as answer:
        assert "memory_search" in answer.read().decode()


def test_each_workspace_for_a_test_has_its_own_key(stack: Stack) -> None:
    first, second = stack.new_workspace(), stack.new_workspace()
    assert first.workspace_id != second.workspace_id
    assert first.token != second.token


@pytest.mark.slow
@pytest.mark.parametrize("name", SERVICES)
def test_a_killed_service_comes_back_and_the_stack_is_ready_again(stack: Stack, name: str) -> None:
    stack.wait_restarted(name, stack.kill(name))
    wait_until(lambda: answers(f"{stack.url}/readyz"), f"readiness after {name} was killed")


@pytest.mark.slow
def test_what_is_stopped_and_started_has_its_memories_its_index_and_its_key(tmp_path: Path) -> None:
    before = Stack.start(tmp_path)
    workspace = before.default_workspace()
    memory = {"title": "Kept", "narrative": "Herons stand still.", "memory_type": "convention"}
    ask(workspace, "/api/v1/memories/store", memory)
    wait_until(lambda: is_found(workspace), "the memory in the index")
    before.stop()
    assert files_with(tmp_path, b"Herons stand") == [], "what is at rest can't be read"

    after = Stack.start(tmp_path)
    try:
        assert after.default_workspace().token == workspace.token
        again = after.default_workspace()
        assert [kept["title"] for kept in ask(again, "/api/v1/memories")] == ["Kept"]
        assert is_found(again)
        assert [after.process(name).restarts for name in SERVICES] == [0, 0, 0]
        assert status.parked_count(after.endpoints) == 0
    finally:
        after.stop()


def ask(workspace: Workspace, path: str, body: object = None) -> Any:
    headers = {**workspace.headers, "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(workspace.url + path, content, headers), timeout=10) as answer:
        return json.load(answer)


def is_found(workspace: Workspace) -> bool:
    return bool(ask(workspace, "/api/v1/memories/search", {"query": "herons"})["results"])
