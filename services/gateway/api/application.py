"""All routes as one application, and what it says of itself."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Lifespan

from services.gateway.api import (
    commands,
    docs,
    documents,
    events,
    findings,
    graph,
    jobs,
    keys,
    logins,
    members,
    memories,
    namespaces,
    operations,
    querying,
    relationships,
    search,
    sessions,
    transfer,
    usage,
    webhooks,
    workspace,
    workspaces,
)
from services.gateway.api.wire.door import Door
from services.gateway.api.wire.errors import Problem, answer_problems
from services.gateway.api.wire.lines import NDJSON
from services.gateway.auth import X_API_KEY

# search and graph before memories: "/graph" is also a "/{memory_id}" to a router that takes the first that fits
ROUTERS = (
    search.router,
    graph.router,
    memories.router,
    relationships.router,
    sessions.router,
    jobs.router,
    workspace.router,
    transfer.router,
    events.router,
    commands.router,
    querying.router,
    documents.router,
    findings.router,
    logins.router,
    keys.router,
    namespaces.router,
    workspaces.router,
    usage.router,
    webhooks.router,
    commands.managed,
    members.router,
    operations.router,
    docs.router,
)

_ABOUT = """Long-term memory for coding agents.

A request for data carries an API key, which says which workspace it is about: below `/api/v1` as
`Authorization: Token <api key>`, below `/v1` (documents, queries, facts, entities) as `X-API-Key: <api key>`. A request
of management (`/v1/auth`, ...) carries `Authorization: Bearer <access token>` of a person who has logged in. Errors are
`{"detail": ...}`. A 2xx means on disk; a 202 that it is not yet decided, and `Location` says where to look.
"""
_KEY = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "`Token <api key>`. Not Bearer.",
}
_API_KEY = {"type": "apiKey", "in": "header", "name": X_API_KEY, "description": "`<api key>`, the same as for Token."}
_PORTAL = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An access token from `POST /v1/auth/login`. An API key is none.",
}


class Application(FastAPI):
    """FastAPI whose description names the usual way to authenticate, on all routes but those that say otherwise."""

    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            schema = super().openapi()
            schemes = {"token": _KEY, "api_key": _API_KEY, "portal": _PORTAL}
            schema.setdefault("components", {})["securitySchemes"] = schemes
            schema["security"] = [{"token": []}]
            _drop_the_frameworks_errors(schema)
            _put_examples(schema)
        return self.openapi_schema or {}


def _drop_the_frameworks_errors(schema: dict[str, Any]) -> None:
    """FastAPI lists a 422 in its own shape wherever there is a parameter; a route that has one says so itself."""
    for name in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(name, None)
    for path in schema["paths"].values():
        for operation in path.values():
            content = operation["responses"].get("200", {}).get("content", {})
            if content.keys() & {"text/event-stream", NDJSON}:
                content.pop("application/json", None)  # which it adds to whatever a route says of itself
            if operation["responses"].get("422", {}).get("description") == "Validation Error":
                del operation["responses"]["422"]


def _put_examples(schema: dict[str, Any]) -> None:
    """Examples as they were written: FastAPI leaves out whatever is null in them."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    for route in routes:
        for method in route.methods or () if route.include_in_schema else ():
            responses = schema["paths"][route.path_format][method.lower()]["responses"]
            for status, said in route.responses.items():
                for kind, content in said.get("content", {}).items():
                    responses[str(status)]["content"][kind]["example"] = content["example"]


def build(lifespan: Lifespan[FastAPI], requests_max: int) -> FastAPI:
    """The application. `lifespan` puts a Gate (api.calls) into its state before the first request."""
    app = Application(
        title="Weft",
        telemetry={"tracing": False, "metrics": False, "logs": False},  # it would tell paths and queries
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        generate_unique_id_function=lambda route: f"{route.tags[0]}_{route.name}" if route.tags else route.name,
    )
    for router in ROUTERS:
        app.include_router(router)
    answer_problems(app)
    app.add_middleware(Door, requests_max=requests_max)

    @app.exception_handler(405)
    async def other_method(request: Request, _: HTTPException) -> Response:
        allow = {"Allow": ", ".join(methods_at(request.scope["path"], app.routes))}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allow)
        return Problem(405, "Method Not Allowed", headers=allow).response()

    return app


def methods_at(path: str, others: Iterable[BaseRoute] = ()) -> list[str]:
    """The methods that some route answers at this path: those of ROUTERS, and `others`."""
    known = chain(*(router.routes for router in ROUTERS), others)
    routes = [route for route in known if isinstance(route, Route)]
    found = {method for route in routes if route.path_regex.match(path) for method in route.methods or ()}
    return sorted(found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set()))
