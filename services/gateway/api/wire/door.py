"""What every request passes before it is routed: pure ASGI, in front of the application."""

import time

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.api.wire.errors import Problem, come_again

HEADER_BYTES_MAX = 8 * 1024
LEAVE = "weft.leave"
"""In a scope: says that this is no request in progress any more, but a stream. Counts it as answered."""
ONLY_HEAD = "weft.only_head"
"""In a scope: whether it was a HEAD."""

REQUESTS = Counter("weft_http_requests_total", "Requests by route and status", ["method", "route", "status"])
ANSWERING = Histogram(
    "weft_http_seconds",
    "Time to answer, by route",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)


class Door:
    """Refuses what no route should see, answers HEAD as GET, counts. No path, header or body is written anywhere."""

    def __init__(self, app: ASGIApp, requests_max: int):
        self._app = app
        self._requests_max = requests_max
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, is_inside = time.perf_counter(), 500, True
        method = scope["method"]

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        def leave() -> None:
            nonlocal is_inside
            if not is_inside:
                return
            is_inside = False
            self._inside -= 1
            route = getattr(scope.get("route"), "path_format", "none")
            known = method if route != "none" else "any"
            REQUESTS.labels(known, route, status).inc()
            ANSWERING.labels(known, route).observe(time.perf_counter() - started)

        is_head = method == "HEAD"
        scope = {**scope, "method": "GET" if is_head else method, LEAVE: leave, ONLY_HEAD: is_head}
        self._inside += 1
        try:
            refused = self._refused(scope)
            await (self._app if refused is None else refused.response())(scope, receive, noting)
        finally:
            leave()

    def _refused(self, scope: Scope) -> Problem | None:
        if self._inside > self._requests_max:
            return come_again("Too many requests are in progress.")
        authorizations = 0
        for name, value in scope["headers"]:
            if len(name) + len(value) > HEADER_BYTES_MAX:
                return Problem(431, f"A header is longer than {HEADER_BYTES_MAX} bytes.")
            authorizations += name == b"authorization"
        if authorizations > 1:
            return Problem(400, "There is more than one Authorization header.")
        if "\0" in scope["path"]:
            return Problem(404, "Not Found")
        return None
