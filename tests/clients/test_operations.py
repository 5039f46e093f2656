"""The client's operations are the server's: each route has one, and each names only what its route knows."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from weft import Settings, Weft, calls

from tests.gateway.application import idle

pytestmark = pytest.mark.slow

SCHEMA: dict[str, Any] = idle().openapi()
ROUTES = {
    (method.upper(), re.sub(r"{\w+}", "{}", path)): operation
    for path, operations in SCHEMA["paths"].items()
    for method, operation in operations.items()
}
FOR_OTHERS = {
    "GET /healthz",  # for whoever watches processes
    "GET /v1/commands/{}",  # the client follows it by itself
    "GET /v1/workspaces/{}",  # the list has it, too
    "GET /api/v1/overview",  # for the dashboard, as the next three
    "GET /api/v1/memories/map",
    "GET /api/v1/sessions/{}/observations",
    "GET /api/v1/sessions/{}/memories",
}
NOT_OFFERED = ("/v1/auth/members", "/v1/auth/password", "/v1/webhooks")
"""People and webhooks are managed in the portal."""


def declared() -> Iterator[tuple[str, calls.Call[Any]]]:
    """Each operation's name, and what it sends when every argument is given; its path has `{}` for ids."""
    weft = Weft(settings=Settings("http://nowhere"))
    for group in (weft, *(each for each in vars(weft).values() if isinstance(each, calls.Group))):
        for name, operation in inspect.getmembers(type(group)):
            if isinstance(operation, calls.operation | calls.listing | calls.stream):
                made = operation._build(group, **arguments(operation._build))
                call = made if isinstance(made, calls.Call) else made.call
                if isinstance(made, calls.Pages):
                    call = call.with_params(limit=1, offset=0)
                yield f"{type(group).__name__}.{name}", replace(call, path=unquote(call.path))


def arguments(build: Any) -> dict[str, Any]:
    """Something for every parameter; for an id in a path, `{}`."""
    parameters = list(inspect.signature(build).parameters.values())[1:]
    return {each.name: _something(str(each.annotation), each.name) for each in parameters}


def _something(annotation: str, name: str) -> Any:
    if annotation.endswith("Path'>"):
        return Path(__file__)
    if "datetime" in annotation or "Scopes" in annotation or "Sequence" in annotation or "Mapping" in annotation:
        return {} if "Scopes" in annotation or "Mapping" in annotation else [] if "Sequence" in annotation else None
    return "{}" if "str" in annotation and name.endswith("_id") else 1


DECLARED = dict(declared())


def test_there_is_an_operation_for_every_route() -> None:
    offered = {(call.method, call.path) for call in DECLARED.values()}
    missing = {
        f"{method} {path}"
        for method, path in ROUTES.keys() - offered
        if f"{method} {path}" not in FOR_OTHERS and not path.startswith(NOT_OFFERED)
    }
    assert missing == set()


@pytest.mark.parametrize("name", DECLARED)
def test_an_operation_asks_for_nothing_that_its_route_does_not_know(name: str) -> None:
    call = DECLARED[name]
    described = ROUTES[call.method, call.path]
    known = {each["name"]: each["in"] for each in described.get("parameters", [])}
    assert {each for each in call.params if known.get(each) != "query"} == set()
    assert call.if_match is None or "If-Match" in known
    body = described.get("requestBody", {}).get("content", {})
    assert set(call.json or ()) <= set(body.get("application/json", {}).get("schema", {}).get("properties", ()))
