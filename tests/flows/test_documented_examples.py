"""What /openapi.json shows is what the running gateway takes and gives."""

from functools import partial
from typing import Any

import httpx2
import pytest

from tests.flows.conftest import store
from tests.stack import wait_until

FREE = {"metadata", "counts"}
"""Objects in which there may be anything."""
ENDS = ("source_memory_id", "target_memory_id")
WITH_BODY = [
    ("POST", "/api/v1/memories/store"),
    ("POST", "/api/v1/memories/batch-delete"),
    ("POST", "/api/v1/memories/search"),
    ("POST", "/api/v1/memories/explore"),
    ("POST", "/api/v1/memories/path"),
    ("POST", "/api/v1/relationships"),
    ("PATCH", "/api/v1/memories/{memory_id}"),
    ("POST", "/api/v1/memories/{memory_id}/feedback"),
    ("POST", "/api/v1/sessions/start"),
    ("POST", "/api/v1/sessions/{session_id}/observations"),
    ("POST", "/api/v1/sessions/{session_id}/end"),
    ("POST", "/v1/documents/ingest"),
    ("PATCH", "/v1/documents/{document_id}"),
]
WITHOUT_BODY = [
    ("GET", "/api/v1/memories/"),
    ("GET", "/api/v1/memories/{memory_id}"),
    ("GET", "/api/v1/memories/{memory_id}/related"),
    ("GET", "/api/v1/memories/graph"),
    ("GET", "/api/v1/relationships"),
    ("POST", "/api/v1/memories/{memory_id}/access"),
    ("POST", "/api/v1/memories/{memory_id}/retrieval"),
    ("GET", "/api/v1/sessions"),
    ("GET", "/api/v1/sessions/{session_id}"),
    ("GET", "/api/v1/sessions/{session_id}/context"),
    ("GET", "/api/v1/jobs"),
    ("GET", "/api/v1/jobs/{job_id}"),
    ("GET", "/v1/documents"),
    ("GET", "/v1/documents/{document_id}"),
    ("GET", "/v1/documents/{document_id}/tree"),
    ("GET", "/v1/documents/{document_id}/chunks"),
    ("GET", "/v1/facts"),
    ("GET", "/v1/entities"),
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
    memory_id, other = (
        store(anyone, memory_type="decision", narrative="How do we retry webhooks?")["memory_id"] for _ in range(2)
    )
    body = None
    if (method, path) in WITH_BODY:
        body = dict(operation["requestBody"]["content"]["application/json"]["example"])
        body |= {name: own for name, own in zip(ENDS, (memory_id, other), strict=True) if name in body}
    parameters = {"memory_id": memory_id} if method == "GET" and path.endswith("/relationships") else {}
    named = {"memory_id": memory_id, **(a_session(anyone, "{job_id}" in path) if "_id}" in path else {})}
    if "{document_id}" in path:
        written = anyone.post("/v1/documents/ingest", json={"content": "# One\n\nOf one section."})
        named["document_id"] = written.json()["document_id"]
    ask = partial(anyone.request, method, path.format(**named), json=body, params=parameters)
    if path.endswith(("/search", "/explore")):
        wait_until(lambda: finds_something(ask().json()), what="something to be found")
    if operation["tags"][0] in {"graph", "relationships"}:
        wait_until(lambda: ask().status_code != 404, what="the graph to hear of it")
    answer = ask()
    assert answer.is_success, answer.text
    response = operation["responses"][str(answer.status_code)]
    fits(answer.json(), response["content"]["application/json"]["example"])
    assert set(response.get("headers", {})) <= {"ETag"}
    assert ("ETag" in response.get("headers", {})) == ("etag" in answer.headers)


def a_session(client: httpx2.Client, with_job: bool) -> dict[str, str]:
    """The ids of a new session, and of its job."""
    session_id = client.post("/api/v1/sessions/start", json={"project_path": "/p"}).json()["session_id"]
    if not with_job:
        return {"session_id": session_id}
    ended = client.post(f"/api/v1/sessions/{session_id}/end").json()
    return {"session_id": session_id, "job_id": ended["extraction_job_id"]}


def finds_something(found: dict[str, Any]) -> bool:
    return bool(found["results"] if "results" in found else found["nodes"])


def fits(value: Any, example: Any) -> None:
    """Both have the same names, all the way down; each element of a list fits the first of the example."""
    if isinstance(example, dict) or isinstance(value, dict):
        if isinstance(example, dict) and example.keys() & FREE:
            value, example = ({name: it[name] for name in it if name not in FREE} for it in (value, example))
        assert set(value) == set(example)
        for name, inner in value.items():
            fits(inner, example[name])
    elif isinstance(example, list):
        for element in value if example else []:
            fits(element, example[0])
