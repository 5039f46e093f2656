"""What every request passes before it is routed: pure ASGI, in front of the application."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.api.wire.errors import Problem, come_again
from services.kit import telemetry

HEADER_BYTES_MAX = 8 * 1024
LEAVE = "weft.leave"
"""In a scope: says that this is no request in progress any more, but a stream. Counts it as answered."""
ONLY_HEAD = "weft.only_head"
"""In a scope: whether it was a HEAD."""

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
            known = _known(method, scope)
            REQUESTS.add(1, {**known, "status": str(status)})
            ANSWERING.record(time.perf_counter() - started, known)
            if span.is_recording():
                _describe(span, **known, status=status)

        def go_on() -> None:
            leave()
            telemetry.step_out()  # else what a stream does for hours would be part of its request

        is_head = method == "HEAD"
        scope = {**scope, "method": "GET" if is_head else method, LEAVE: go_on, ONLY_HEAD: is_head}
        self._inside += 1
        sender = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        with telemetry.asked_over_http(sender) as span:
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


def _known(method: str, scope: Scope) -> dict[str, str]:
    """Method and route as they are counted: of what fits no route neither, for there is no end to that."""
    route = getattr(scope.get("route"), "path_format", "none")
    return {"method": method if route != "none" else "any", "route": route}


def _describe(span: telemetry.Span, method: str, route: str, status: int) -> None:
    span.update_name(f"{method} {route}")
    span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
    if status >= 500:
        telemetry.fail(span, str(status))
