"""A server that answers as a test wants it to, over real HTTP, and keeps what it heard."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.stack import POLL_S

HANG_UP = -1


@dataclass(frozen=True)
class Reply:
    """`body` is JSON, or bytes as they are; a stream of them ends with the connection, however long it should be."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Heard:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Reaction = Reply | Callable[[Heard], Reply]


@dataclass
class Script:
    """One reply for each request, the last one from then on; a function makes it of what was heard."""

    replies: list[Reaction]
    heard: list[Heard] = field(default_factory=list)
    url: str = ""

    def next(self) -> Reply:
        """To what was heard last."""
        reaction = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return reaction if isinstance(reaction, Reply) else reaction(self.heard[-1])


@contextmanager
def scripted(*replies: Reaction) -> Iterator[Script]:
    script = Script(list(replies))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.heard.append(Heard(self.command, path, query, headers, self._body()))
            reply = script.next()
            if reply.status == HANG_UP:
                self.close_connection = True
                self.connection.close()
                return
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(content)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = True

        do_GET = do_POST = do_PATCH = do_DELETE = answer

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            whole = b""
            while size := int(self.rfile.readline(), 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return whole

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(POLL_S,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
