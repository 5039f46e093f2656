"""A gateway that answers what a test wants it to, over real HTTP: busy, slow, or gone."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from contracts.base import derived_id, memory_id_from, now
from tests.stack import POLL_S

HANG_UP = -1
SESSIONS = "/api/v1/sessions/"


@dataclass
class Script:
    """`answers`: (status, headers, body) for one POST after the other, then 201 for ever; HANG_UP closes.

    `sessions` are there to be got; `posted` is what came, by path.
    """

    answers: list[tuple[int, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    commands: list[dict[str, Any]] = field(default_factory=list)
    workspace_status: int = 200
    keys: list[str] = field(default_factory=list)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    posted: dict[str, Any] = field(default_factory=dict)

    def next(self, key: str) -> tuple[int, dict[str, str], dict[str, Any]]:
        self.keys.append(key)
        if self.answers:
            return self.answers.pop(0)
        memory_id = memory_id_from(derived_id("test", key))
        return 201, {}, {"memory_id": memory_id, "created_at": now().isoformat()}


@contextmanager
def scripted(script: Script) -> Iterator[str]:
    """Its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/api/v1/workspace":
                self._answer(script.workspace_status, {}, {"detail": "Invalid API key."})
            elif self.path.startswith(SESSIONS):
                found = script.sessions.get(self.path.removeprefix(SESSIONS))
                self._answer(404 if found is None else 200, {}, found or {"detail": "not found"})
            else:
                self._answer(200, {}, script.commands.pop(0))

        def do_POST(self) -> None:
            script.posted[self.path] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers, body = script.next(self.headers["Idempotency-Key"])
            if status == HANG_UP:
                self.close_connection = True
                self.connection.close()
                return
            self._answer(status, headers, body)

        def _answer(self, status: int, headers: dict[str, str], body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(POLL_S,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
