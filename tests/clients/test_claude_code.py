"""The plugin for Claude Code: each hook is given events as Claude Code gives them, with Weft there, slow and away."""

import json
import os
import re
import stat
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import httpx2
import pytest
from weft.transcripts.tools import Use, told

from deploy.local.home import CHECKOUT
from tests.clients.test_mcp_tools import GOLDEN
from tests.stack import Workspace, wait_until

pytestmark = pytest.mark.slow

PLUGIN = CHECKOUT / "clients" / "claude-code"
PROJECT = "/home/ada/shop"
STARTED = {
    "session_id": "",
    "injected_memories": [{"memory_id": "mem-a", "title": "Money is counted in cents", "memory_type": "decision"}],
}


@dataclass
class Agent:
    """Claude Code, as the hooks see it."""

    url: str
    data: Path
    token: str = "wft_live_key"
    look_ms: int = 100
    session: str = "b3f0c1d2-0000-4000-8000-000000000001"

    def event(self, name: str, **fields: Any) -> dict[str, Any]:
        """What the hook says of an event; it is never more than context."""
        event = {"session_id": self.session, "transcript_path": "/dev/null", "cwd": PROJECT, "hook_event_name": name}
        said = self.hook(json.dumps({**event, **fields}))
        if not said:
            return {}
        told: dict[str, Any] = json.loads(said)["hookSpecificOutput"]
        assert told.keys() == {"hookEventName", "additionalContext"}
        assert told["hookEventName"] == name
        return told

    def hook(self, stdin: str) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.data),
            "CLAUDE_PLUGIN_DATA": str(self.data / "plugin"),
            "CLAUDE_PLUGIN_OPTION_API_URL": self.url,
            "CLAUDE_PLUGIN_OPTION_API_TOKEN": self.token,
            "CLAUDE_PLUGIN_OPTION_LOOK_MS": str(self.look_ms),
        }
        hook = [str(PLUGIN / "hooks" / "hook")]
        done = subprocess.run(
            ["sh", *hook], input=stdin, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def spooled(self) -> list[Path]:
        return sorted((self.data / "plugin" / "spool").glob("*.json"))

    def a_while_passes(self) -> None:
        """Longer than Weft is left alone after it did not answer."""
        for file in (self.data / "plugin").glob("*.rest"):
            file.unlink()

    def has_sent_all(self) -> bool:
        """With an event in which there is nothing to tell."""
        self.a_while_passes()
        self.event("PreCompact", trigger="manual", custom_instructions="")
        return not self.spooled()


@dataclass
class Played:
    """Weft's API, played: notes what it is asked, and holds its answers back while `held`."""

    asked: list[tuple[str, str, Any, str]] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def told(self) -> list[tuple[str, Any]]:
        """What was posted: the last part of the path, and the body; once for each Idempotency-Key."""
        once = {key: (path.rsplit("/", 1)[1], body) for method, path, body, key in self.asked if method == "POST"}
        return list(once.values())


@pytest.fixture
def played() -> Iterator[Played]:
    weft = Played()
    weft.held.set()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body: Any = json.loads(self.rfile.read(length)) if length else None
            weft.asked.append((self.command, self.path, body, self.headers.get("Idempotency-Key", "")))
            weft.held.wait(60)
            said: Any = {}
            if self.path.endswith("/start"):
                said = {**STARTED, "session_id": body["session_id"]}
            elif "/context" in self.path:
                said = {"context": "", "memories": []}
            content = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    weft.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield weft
    weft.held.set()
    server.shutdown()
    server.server_close()


def a_session(agent: Agent) -> None:
    """Everything between start and end that is told and not asked for."""
    agent.event("UserPromptSubmit", prompt="Why do sums drift? <private>hunter2</private>")
    agent.event(
        "PostToolUse",
        tool_name="Bash",
        tool_input={"command": "pytest -q"},
        tool_response={"stdout": "1 failed", "stderr": "", "interrupted": False},
    )
    agent.event(
        "PostToolUse",
        tool_name="Edit",
        tool_input={"file_path": f"{PROJECT}/sums.py", "old_string": "a = 0.1", "new_string": "a = 10"},
        tool_response={"filePath": f"{PROJECT}/sums.py"},
    )
    agent.event("PostToolUse", tool_name="mcp__plugin_weft_weft__memory_search", tool_input={}, tool_response=[])
    agent.event("PostToolUseFailure", tool_name="Read", tool_input={"file_path": "/etc/none"}, error="No such file")
    agent.event("PreCompact", trigger="auto", custom_instructions="")
    agent.event("Stop", stop_hook_active=False, last_assistant_message="The cause was the float.")
    agent.event("SessionEnd", reason="prompt_input_exit")


TOLD = [
    ("message", "Why do sums drift?", []),
    ("command", "pytest -q\n1 failed", []),
    ("file_edit", "+++ sums.py\n- a = 0.1\n+ a = 10", ["sums.py"]),
    ("file_read", "=== /etc/none\nNo such file", ["/etc/none"]),
    ("message", "The cause was the float.", []),
]


def seen(told: list[tuple[str, Any]]) -> list[tuple[str, str, list[str]]]:
    return [(body["kind"], body["content"], body["files"]) for path, body in told if path == "observations"]


def test_a_session_is_told_in_its_order(played: Played, tmp_path: Path) -> None:
    agent = Agent(played.url, tmp_path)
    agent.event("SessionStart", source="startup")
    a_session(agent)
    wait_until(lambda: bool(played.told()) and played.told()[-1][0] == "end", "the session's end")
    assert played.told()[0][0] == "start"
    assert played.told()[0][1]["project_path"] == PROJECT
    assert seen(played.told()) == TOLD
    wait_until(lambda: not agent.spooled(), "an empty spool")


def test_while_weft_is_away_nothing_is_lost_and_then_it_comes_in_order_and_once(played: Played, tmp_path: Path) -> None:
    agent = Agent("http://127.0.0.1:9", tmp_path)
    assert agent.event("SessionStart", source="startup") == {}
    a_session(agent)
    files = agent.spooled()
    assert len(files) == 2 + len(TOLD)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(files[0].parent.stat().st_mode) == 0o700
    agent.url, agent.session = played.url, "b3f0c1d2-0000-4000-8000-000000000002"
    agent.event("SessionStart", source="startup")
    wait_until(agent.has_sent_all, "an empty spool")
    first = [body for path, body in played.told() if path == "start"]
    assert len(first) == 2
    assert seen(played.told()) == TOLD
    assert [path for path, _ in played.told()].count("end") == 1


def test_a_slow_weft_delays_nothing_and_its_index_comes_with_a_later_prompt(played: Played, tmp_path: Path) -> None:
    agent = Agent(played.url, tmp_path)
    played.held.clear()
    assert agent.event("SessionStart", source="startup") == {}  # it returned, and nobody has answered it
    assert agent.event("UserPromptSubmit", prompt="Why do sums drift so much?") == {}
    agent.event("PreToolUse", tool_name="Read", tool_input={"file_path": f"{PROJECT}/sums.py"})
    played.held.set()

    def comes() -> bool:
        agent.a_while_passes()
        return "mem-a decision: Money is counted in cents" in json.dumps(
            agent.event("UserPromptSubmit", prompt="Why do sums drift so much?")
        )

    wait_until(comes, "the index")
    keys = [key for method, path, _, key in played.asked if path.endswith("/start")]
    assert len(set(keys)) == 1


def test_the_spool_has_an_end_and_ends_are_kept(tmp_path: Path) -> None:
    agent = Agent("http://127.0.0.1:9", tmp_path)
    agent.event("SessionStart", source="startup")
    (start,) = agent.spooled()
    for number in range(2_000):
        start.with_name(f"{number:020d}-0.json").hardlink_to(start)
    before = len(agent.spooled())
    agent.event("Stop", last_assistant_message="One more.")
    assert len(agent.spooled()) == before
    agent.event("SessionEnd", reason="other")
    assert len(agent.spooled()) == before + 1


@pytest.mark.parametrize("stdin", ["", "no JSON", "[]", '{"hook_event_name": "SomethingNew"}', '{"session_id": null}'])
def test_whatever_it_is_given_it_keeps_quiet(tmp_path: Path, stdin: str) -> None:
    assert Agent("http://127.0.0.1:9", tmp_path).hook(stdin) == ""


def test_without_a_key_it_says_so_once_and_does_nothing(tmp_path: Path) -> None:
    agent = Agent("http://127.0.0.1:9", tmp_path, token="")
    said = agent.hook(json.dumps({"hook_event_name": "SessionStart", "source": "startup", "session_id": "a"}))
    assert "/plugin" in json.loads(said)["systemMessage"]
    assert agent.event("Stop", last_assistant_message="Done.") == {}
    assert not (tmp_path / "plugin").exists()


def test_with_weft_there_a_session_is_given_what_is_known_and_teaches_what_it_learned(
    workspace: Workspace, tmp_path: Path
) -> None:
    with httpx2.Client(base_url=workspace.url, headers=workspace.headers, timeout=30) as http:
        known = {
            "title": "Money is counted in cents",
            "narrative": "Floats lost one.",
            "source_files": ["shop/sums.py"],
        }
        memory_id = http.post("/api/v1/memories/store", json={**known, "importance_score": 0.9}).json()["memory_id"]
        found = {"files": ["shop/sums.py"]}
        wait_until(
            lambda: http.post("/api/v1/memories/search", json=found).json()["count"] == 1, "the memory in the index"
        )
        agent = Agent(workspace.url, tmp_path, workspace.token, look_ms=60_000)
        index = agent.event("SessionStart", source="startup")["additionalContext"]
        assert f"- {memory_id} general: Money is counted in cents" in index
        read = {"tool_name": "Read", "tool_input": {"file_path": f"{PROJECT}/shop/sums.py"}}
        text = agent.event("PreToolUse", **read)["additionalContext"]
        assert text.startswith(f"[Weft — retrieved for {PROJECT}/shop/sums.py]")
        assert "Floats lost one." in text
        assert agent.event("PreToolUse", **read) == {}
        a_session(agent)

        def session() -> Any:
            return next(it for it in http.get("/api/v1/sessions").json() if it["session_id"].startswith(agent.session))

        wait_until(lambda: session()["status"] == "ended", "the session's end")
        assert session()["observation_count"] == len(TOLD)
        counted = http.get(f"/api/v1/memories/{memory_id}").json()
        assert counted["retrieval_count"] == 1


def test_what_is_private_is_dropped_before_anything_is_cut(played: Played, tmp_path: Path) -> None:
    agent = Agent(played.url, tmp_path)
    agent.event("SessionStart", source="startup")
    shown = f"{'a' * 9_000}<private>{'b' * 9_000} hunter2</private> end"
    agent.event("PostToolUse", tool_name="Bash", tool_input={"command": "env"}, tool_response={"stdout": shown})
    wait_until(lambda: bool(seen(played.told())), "the observation")
    ((_, content, _),) = seen(played.told())
    assert content.endswith("a end")
    assert "hunter2" not in json.dumps(played.asked)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Read", {"file_path": f"{PROJECT}/sums.py"}),
        ("Edit", {"file_path": f"{PROJECT}/sums.py", "old_string": "a\nb", "new_string": "c"}),
        ("MultiEdit", {"file_path": "/etc/hosts", "edits": [{"old_string": "a", "new_string": ""}]}),
        ("Write", {"file_path": f"{PROJECT}/new.py", "content": "a = 1\nb = 2"}),
        ("NotebookEdit", {"notebook_path": f"{PROJECT}/n.ipynb", "new_source": "a"}),
        ("Bash", {"command": "pytest -q"}),
        ("Grep", {"pattern": "ä", "path": "."}),
        ("Task", {"prompt": "Look."}),
    ],
)
def test_it_is_told_as_an_import_of_the_transcript_would_tell_it(name: str, given: dict[str, Any]) -> None:
    spec = spec_from_file_location("telling", PLUGIN / "hooks" / "telling.py")
    assert spec is not None
    assert spec.loader is not None
    telling = module_from_spec(spec)
    spec.loader.exec_module(telling)
    for failed in (False, True):
        imported = told(Use(name, given, "What came of it.", failed), PROJECT)
        kind, content, files = telling.told(name, given, "What came of it.", PROJECT, failed=failed)
        assert (kind, content.strip(), tuple(files)) == (imported.kind, imported.content, imported.files)


def test_what_the_plugin_names_is_there() -> None:
    """`claude plugin validate` says the rest: see the plugin's README."""
    marketplace = json.loads((CHECKOUT / ".claude-plugin" / "marketplace.json").read_text())
    assert (CHECKOUT / marketplace["plugins"][0]["source"]).resolve() == PLUGIN
    manifest = json.loads((PLUGIN / ".claude-plugin" / "plugin.json").read_text())
    servers = json.loads((PLUGIN / ".mcp.json").read_text())
    assert set(re.findall(r"user_config\.(\w+)", json.dumps(servers))) <= set(manifest["userConfig"])
    hooks = json.loads((PLUGIN / "hooks" / "hooks.json").read_text())["hooks"]
    code = (PLUGIN / "hooks" / "hook.py").read_text()
    assert all(f'"{event}": ' in code for event in hooks)
    assert {each["hooks"][0]["args"][0] for event in hooks.values() for each in event} == {
        "${CLAUDE_PLUGIN_ROOT}/hooks/hook"
    }
    tools = {tool["name"] for tool in json.loads(GOLDEN.read_text())}
    texts = [file.read_text() for file in (*PLUGIN.glob("commands/*.md"), *PLUGIN.glob("skills/*/SKILL.md"))]
    named = set(re.findall(r"\b(?:memory|session|document)_[a-z_]+", " ".join(texts)))
    assert named - tools == {"memory_id"}
