"""Claude Code's hooks: tells Weft what happens in a session, and the agent what Weft knows.

The session comes first. Whatever happens here, the exit code is 0, nothing is denied, and an event that looks for an
answer waits a tenth of a second for it (spool.LOOK_MS). What is to be told becomes a file in the spool first; a process
in the background sends the files in their order, one process at a time: at once where Weft answers, later where it does
not. Each carries an Idempotency-Key, so that sending it again does nothing twice. Standard library only; Python 3.9.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress

if sys.version_info < (3, 9):
    sys.exit(0)

from spool import Json, Spool, Weft, in_background, now, read, write
from telling import FILE_MAX, MESSAGE_MAX, cut, public, string, text_of, told

KEPT_DAYS = 30
CONTEXT_MAX = 8_000
INDEX_MAX = 30
GIVEN_MAX = 5
"""Memories with their text, for a file or a prompt."""
PROMPT_SCORE = 0.5
"""Any prompt shares words with some memory; below this score they have little to do with each other."""

INDEX = "Weft, this project's memory, knows. memory_get_detail opens one, memory_search finds others:"
NOT_CONFIGURED = "Weft is not configured: /plugin asks for its URL and an API key."


class Session:
    """What is remembered of one of Claude Code's sessions: what it is called in Weft, and what it was given."""

    def __init__(self, weft: Weft, event: Json) -> None:
        self.weft = weft
        self.name = re.sub(r"[^A-Za-z0-9_-]", "-", str(event.get("session_id") or "unknown"))[:80]
        self.project = os.environ.get("CLAUDE_PROJECT_DIR") or str(event.get("cwd") or os.getcwd())
        self.state = read(self._path) or {}

    @property
    def _path(self) -> str:
        return os.path.join(self.weft.sessions, f"{self.name}.json")

    @property
    def _late(self) -> str:
        return os.path.join(self.weft.sessions, f"{self.name}.started.json")

    @property
    def path(self) -> str:
        return f"/api/v1/sessions/{self.state['id']}"

    def save(self) -> None:
        write(self._path, self.state)

    def begin(self, spool: Spool) -> str:
        """A new session of Weft's; the spooled request. One that is resumed is a new one: Weft has ended it."""
        self.state = {"id": f"{self.name}.{time.time_ns() // 1_000_000:x}", "given": [], "files": []}
        self.save()
        body: Json = {"session_id": self.state["id"], "project_path": self.project}
        body |= {"project_name": os.path.basename(self.project.rstrip("/")), "branch_name": branch_of(self.project)}
        body |= {"namespace": self.weft.namespace, "metadata": {"agent": "claude-code"}}
        given = {name: value for name, value in body.items() if value}
        return spool.add("/api/v1/sessions/start", given, must=True, keep=self._late)

    def take_index(self) -> str:
        """Of a start that was answered too late for its event; once."""
        started = read(self._late) or {}
        if started:
            os.unlink(self._late)
        return self.index(started) if started.get("session_id") == self.state["id"] else ""

    def index(self, started: Json) -> str:
        """Titles, not bodies: what is worth opening is the agent's to say."""
        memories = started.get("injected_memories", ())[:INDEX_MAX]
        lines = [f"- {memory['memory_id']} {memory['memory_type']}: {memory['title']}" for memory in memories]
        text = "\n".join([INDEX, *lines])[:CONTEXT_MAX]
        return f"[Weft — retrieved for {self.project}]\n{text}\n[/Weft]" if lines else ""

    def look(self, spool: Spool, worth: float, **about: str) -> str | None:
        """The text of memories about something that were not given yet, the best first; they count as found. None where
        there is no answer."""
        from urllib.parse import urlencode  # noqa: PLC0415

        asked = urlencode({**about, "max_memories": 50, "max_tokens": 20_000})
        answer = self.weft.look({"method": "GET", "path": f"{self.path}/context?{asked}"})
        if answer is None:
            return None
        blocks = [f"{block.strip()}\n[/Weft]" for block in answer["context"].split("[/Weft]")]
        fresh: list[str] = []
        for memory, block in zip(answer["memories"], blocks):
            known = memory["memory_id"] in self.state["given"]
            room = CONTEXT_MAX - sum(map(len, fresh))
            if not known and memory["score"] >= worth and len(block) < room and len(fresh) < GIVEN_MAX:
                fresh.append(block)
                self.state["given"].append(memory["memory_id"])
                spool.add(f"/api/v1/memories/{memory['memory_id']}/retrieval", {})
        return "\n".join(fresh)

    def tell(self, spool: Spool, kind: str, content: str, files: Sequence[str] = (), **metadata: str) -> None:
        """What happened, unless nothing of it is left to tell."""
        if content.strip():
            seen = {"kind": kind, "content": content.strip(), "files": files, "metadata": metadata, "at": now()}
            spool.add(f"{self.path}/observations", seen)


# What each event does. A handler gets the event and says what the agent is given; most give nothing.


def session_start(event: Json, session: Session, spool: Spool) -> str:
    """Begins a session of Weft's and gives its index, now or, if Weft takes its time, with the next prompt."""
    if event.get("source") == "compact" and session.state:
        session.state |= {"given": [], "files": []}  # what it was given went with what was compacted
        session.save()
        return session.look(spool, 0.0) or ""
    forget_old(session.weft)
    name = session.begin(spool)
    request = spool.read(name)
    started = session.weft.look(request) if request else None
    if started is None or "session_id" not in started:
        return ""
    spool.done(name)
    return session.index(started)


def prompt_submitted(event: Json, session: Session, spool: Spool) -> str:
    prompt = str(event.get("prompt") or "")
    session.tell(spool, "message", cut(prompt, MESSAGE_MAX), role="user")
    given = session.take_index()
    query = prompt.strip()[:2_000]
    if len(query.split()) > 2 and not query.startswith("/"):
        given = "\n".join(filter(None, (given, session.look(spool, PROMPT_SCORE, query=query))))
    session.save()
    return given[: CONTEXT_MAX * 2]


def before_tool(event: Json, session: Session, spool: Spool) -> str:
    """What is known of a file that is about to be read, once a session."""
    path = string(event.get("tool_input"), "file_path")
    if event.get("tool_name") != "Read" or not path or path in session.state["files"]:
        return ""
    found = session.look(spool, 0.0, files=path[:FILE_MAX])
    if found is None:
        return ""
    session.state["files"].append(path)
    session.save()
    return found


def after_tool(event: Json, session: Session, spool: Spool) -> str:
    name = str(event.get("tool_name") or "")
    if name.startswith("mcp__") and "weft" in name.lower():
        return ""  # what comes out of Weft is not news to it
    given = event.get("tool_input")
    given = given if isinstance(given, dict) else {}
    failed = "error" in event
    result = text_of(event.get("error") if failed else event.get("tool_response"))
    kind, content, files = told(name, given, result, session.project, failed=failed)
    role = {"role": "assistant"} if kind == "message" else {}
    session.tell(spool, kind, content, files, tool=name, **role)
    return ""


def compacting(event: Json, session: Session, spool: Spool) -> str:
    session.tell(spool, "note", cut(string(event, "custom_instructions"), MESSAGE_MAX), event="compact")
    return ""


def stopped(event: Json, session: Session, spool: Spool) -> str:
    said = string(event, "last_assistant_message")
    session.tell(spool, "message", cut(said, MESSAGE_MAX), role="assistant")
    return ""


def session_ended(event: Json, session: Session, spool: Spool) -> str:
    spool.add(f"{session.path}/end", {}, must=True)
    session.state["ended"] = True
    session.save()
    return ""


EVENTS = {
    "SessionStart": session_start,
    "UserPromptSubmit": prompt_submitted,
    "PreToolUse": before_tool,
    "PostToolUse": after_tool,
    "PostToolUseFailure": after_tool,
    "PreCompact": compacting,
    "Stop": stopped,
    "SessionEnd": session_ended,
}


def branch_of(project: str) -> str:
    """As .git says, without starting git; empty where it does not say."""
    try:
        git = os.path.join(project, ".git")
        if os.path.isfile(git):
            with open(git, encoding="utf-8") as file:
                git = os.path.join(project, file.read().partition("gitdir:")[2].strip())
        with open(os.path.join(git, "HEAD"), encoding="utf-8") as file:
            return file.read().strip().partition("ref: refs/heads/")[2][:256]
    except (OSError, ValueError):
        return ""


def forget_old(weft: Weft) -> None:
    """Sessions of long ago, and what was never sent or never written to its end."""
    for folder in (weft.sessions, weft.spool):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            with suppress(FileNotFoundError):  # another process has sent it, or forgotten it as well
                if time.time() - os.stat(path).st_mtime > KEPT_DAYS * 86_400:
                    os.unlink(path)


def answer(event: Json, weft: Weft) -> Json | None:
    """What Claude Code is told of the event; None for nothing."""
    kind = str(event.get("hook_event_name"))
    if kind not in EVENTS:
        return None
    if not weft.token:
        return {"systemMessage": NOT_CONFIGURED} if event.get("source") == "startup" else None
    for folder in (weft.folder, weft.spool, weft.sessions):
        os.makedirs(folder, mode=0o700, exist_ok=True)
    session, spool = Session(weft, event), Spool(weft)
    if kind != "SessionStart" and (not session.state or session.state.get("ended")):
        if kind == "SessionEnd":
            return None
        session.begin(spool)  # the plugin came into a session that was under way
    context = EVENTS[kind](event, session, spool)
    if not context:
        return None
    return {"hookSpecificOutput": {"hookEventName": kind, "additionalContext": context}}


def main() -> None:
    os.umask(0o077)
    weft = Weft()
    try:
        event = json.load(sys.stdin)
        said = answer(public(event), weft) if isinstance(event, dict) else None
        if said is not None:
            print(json.dumps(said), flush=True)
        if weft.token:
            in_background(Spool(weft), wait=event.get("hook_event_name") == "SessionEnd")
    except Exception:  # noqa: BLE001 - the edge of the process: a session is not to hear of it
        if os.path.isdir(weft.folder):
            weft.log(traceback.format_exc())


if __name__ == "__main__":
    main()
