"""What every request passes before it is routed: pure ASGI, in front of the application."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.api.wire.errors import Problem, come_again
from services.kit import telemetry

HEADER_BYTES_MAX = 8 * 1024

REQUESTS = telemetry.Counter("weft.http.requests", "Requests by route and status")
ANSWERING = telemetry.Histogram("weft.http", "Time to answer, by route")


class Door:
    """Refuses what no route should see, answers HEAD as GET, counts, and begins a trace or goes on with its sender's.

    No path, header or body is written anywhere.
    """

    def __init__(self, app: ASGIApp, requests_max: int):
        self._app = app
        self._requests_max = requests_max
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        method = scope["method"]
        scope = {**scope, "method": "GET"} if method == "HEAD" else scope

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._inside += 1
        sender = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        with telemetry.asked_over_http(sender) as span:
            try:
                refused = self._refused(scope)
                await (self._app if refused is None else refused.response())(scope, receive, noting)
            finally:
                self._inside -= 1
                route = getattr(scope.get("route"), "path_format", "none")
                method = method if route != "none" else "any"
                REQUESTS.add(1, {"method": method, "route": route, "status": str(status)})
                ANSWERING.record(time.perf_counter() - started, {"method": method, "route": route})
                if span.is_recording():
                    _describe(span, method, route, status)

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


def _describe(span: telemetry.Span, method: str, route: str, status: int) -> None:
    span.update_name(f"{method} {route}")
    span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
    if status >= 500:
        telemetry.fail(span, str(status))
