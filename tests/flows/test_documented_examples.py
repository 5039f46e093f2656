"""What /openapi.json shows is what the running gateway takes and gives."""

from functools import partial
from typing import Any

import httpx2
import pytest

from tests.flows.conftest import store
from tests.stack import wait_until

WITH_BODY = [
    ("POST", "/api/v1/memories/store"),
    ("POST", "/api/v1/memories/batch-delete"),
    ("POST", "/api/v1/memories/search"),
    ("PATCH", "/api/v1/memories/{memory_id}"),
]
WITHOUT_BODY = [
    ("GET", "/api/v1/memories/"),
    ("GET", "/api/v1/memories/{memory_id}"),
    ("POST", "/api/v1/memories/{memory_id}/access"),
    ("POST", "/api/v1/memories/{memory_id}/retrieval"),
    ("GET", "/api/v1/workspace"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
]


@pytest.fixture(scope="module")
def described(anyone: httpx2.Client) -> dict[str, Any]:
    schema: dict[str, Any] = anyone.get("/openapi.json").json()
    return schema


@pytest.mark.parametrize(("method", "path"), [*WITH_BODY, *WITHOUT_BODY])
def test_an_example_works_and_the_answer_has_the_shape_of_its_example(
    anyone: httpx2.Client, described: dict[str, Any], method: str, path: str
) -> None:
    operation = described["paths"][path][method.lower()]
    body = operation["requestBody"]["content"]["application/json"]["example"] if (method, path) in WITH_BODY else None
    memory_id = store(anyone, memory_type="decision", narrative="How do we retry webhooks?")["memory_id"]
    ask = partial(anyone.request, method, path.format(memory_id=memory_id), json=body)
    if path.endswith("/search"):
        wait_until(lambda: ask().json()["count"] > 0, what="something to be found")
    answer = ask()
    response = operation["responses"][str(answer.status_code)]
    assert shape(answer.json()) == shape(response["content"]["application/json"]["example"])
    assert set(response.get("headers", {})) <= {"ETag"}
    assert ("ETag" in response.get("headers", {})) == ("etag" in answer.headers)


def shape(value: Any) -> Any:
    """The names that a value has, all the way down; of a list, those of its first element."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value and isinstance(value[0], dict) else None
