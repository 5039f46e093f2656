"""A service's own port, for whoever runs it: `/metrics`, `/healthz`, `/readyz`. Answered by threads of its own, so that
it answers also while the service is busy, or starting."""

import json
import socket
from collections.abc import Callable, Iterable, Sequence
from socketserver import ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Who asks how we are is not worth a line."""


def serve(host: str, port: int, missing: Callable[[], Sequence[str]]) -> None:
    """Until the process ends; port 0 serves nothing. `missing` says what is not there that should be; it is called from
    other threads."""
    if not port:
        return
    metrics = make_wsgi_app()

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                exposed: Iterable[bytes] = metrics(environ, start_response)
                return exposed
            case "/healthz":
                return _say("200 OK", {"status": "ok"}, start_response)
            case "/readyz" if lacking := missing():
                detail = f"Not ready: {', '.join(lacking)}."
                return _say("503 Service Unavailable", {"detail": detail, "missing": lacking}, start_response)
            case "/readyz":
                return _say("200 OK", {"status": "ready"}, start_response)
        return _say("404 Not Found", {"detail": "Not Found"}, start_response)

    server = make_server(host, port, answer, _Server6 if ":" in host else _Server, _Silent)
    Thread(target=server.serve_forever, daemon=True, name="metrics").start()


def _say(status: str, content: dict[str, Any], start_response: "StartResponse") -> list[bytes]:
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(content).encode()]
