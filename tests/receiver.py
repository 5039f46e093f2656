"""A receiver of webhooks: a web server of our own, which notes what it is sent and answers as it is told."""

import hmac
import json
import ssl
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answering = Callable[["Got"], int]


@dataclass(frozen=True)
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def is_signed_by(self, *secrets: str) -> bool:
        """Whether each of these secrets has signed it, and just now: as a receiver finds out, by the specification."""
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        keys = (b64decode(each.removeprefix("whsec_")) for each in secrets)
        expected = {"v1," + b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys}
        recent = abs(time.time() - int(self.headers["webhook-timestamp"])) < 300
        return recent and set(self.headers["webhook-signature"].split(" ")) == expected


@dataclass
class Receiver:
    """`answering` says with which status; a receiver that is slow to say it is slow to answer."""

    url: str
    got: list[Got] = field(default_factory=list)
    answering: Answering = lambda _: 204
    headers: dict[str, str] = field(default_factory=dict)

    def seqs(self, path: str = "/") -> list[int]:
        """Of what came at this path, in order; a test has none."""
        return [each.event["seq"] for each in list(self.got) if each.path == path and "seq" in each.event]


@contextmanager
def receiving(certificate: Path | None = None) -> Iterator[Receiver]:
    """With a `certificate` (and its key in the same file) over TLS."""
    receiver = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got = Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            receiver.got.append(got)
            self.send_response(receiver.answering(got))
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
