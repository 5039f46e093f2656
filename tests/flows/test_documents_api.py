"""Documents over HTTP: taken in by either form, read, changed, deleted; and what is refused."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from services.gateway.api.ingesting import JSON_BYTES_MAX
from tests.extraction.pdfs import a_pdf
from tests.flows.conftest import client_of
from tests.flows.managing import Managed, managing
from tests.stack import Stack, wait_until

MARKDOWN = "# Runbook\n\nWe decided to keep the queue in PostgreSQL.\n\n## When it is stuck\n\nRestart the worker.\n"
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[httpx2.Client]:
    """Of a workspace that these tests share."""
    with client_of(stack.new_workspace()) as opened:
        yield opened


def ingest(client: httpx2.Client, headers: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    answer = client.post("/v1/documents/ingest", json={"content": MARKDOWN, **fields}, headers=headers)
    assert answer.status_code == 202, answer.text
    taken: dict[str, Any] = answer.json()
    return taken


def ready(client: httpx2.Client, document_id: str, version: int = 1) -> dict[str, Any]:
    """The document, once that version is."""
    wait_until(lambda: client.get(f"/v1/documents/{document_id}").json()["ready_version"] == version, "a version")
    found: dict[str, Any] = client.get(f"/v1/documents/{document_id}").json()
    return found


def test_a_text_becomes_sections_chunks_facts_and_entities(client: httpx2.Client) -> None:
    taken = ingest(client, title="Runbook", source_id="wiki/runbook.md", metadata={"team": "payments"})
    document_id = taken["document_id"]
    found = ready(client, document_id)
    assert (found["status"], found["version"], found["media_type"]) == ("ready", 1, "text/markdown")
    assert (found["title"], found["metadata"], found["size"]) == ("Runbook", {"team": "payments"}, len(MARKDOWN))
    chunks = client.get(f"/v1/documents/{document_id}/chunks").json()["chunks"]
    assert len(chunks) == found["chunk_count"] > 0
    assert all(MARKDOWN[it["start"] : it["end"]] == it["text"] for it in chunks)
    sections = client.get(f"/v1/documents/{document_id}/tree").json()["sections"]
    assert [it["title"] for it in sections] == ["Runbook", "When it is stuck"]
    assert sections[1]["parent_id"] == sections[0]["section_id"]
    ids = {it["chunk_id"] for it in chunks}
    facts = client.get("/v1/facts", params={"document_id": document_id}).json()["facts"]
    entities = client.get("/v1/entities", params={"document_id": document_id}).json()["entities"]
    assert facts
    assert {it["chunk_id"] for it in facts} <= ids
    assert "PostgreSQL" in {it["name"] for it in entities}
    assert document_id in [it["document_id"] for it in client.get("/v1/documents").json()["documents"]]
    job = client.get(f"/api/v1/jobs/{taken['job_id']}").json()
    assert (job["kind"], job["status"], job["document_id"]) == ("document", "completed", document_id)
    assert "event: job" in client.get(f"/api/v1/jobs/{taken['job_id']}/events").text
    assert client.post(f"/api/v1/jobs/{taken['job_id']}/retry").json()["code"] == "job_not_retryable"


@pytest.mark.parametrize(
    ("name", "said", "media_type"),
    [
        ("notes.md", "application/octet-stream", "text/markdown"),
        ("notes.txt", "text/plain", "text/plain"),
        ("notes", "text/markdown; charset=utf-8", "text/markdown"),
    ],
)
def test_a_file_is_taken_for_what_it_says_or_is_called(
    client: httpx2.Client, name: str, said: str, media_type: str
) -> None:
    about = {"metadata": json.dumps({"name": name}), "source_id": f"upload/{name}"}
    answer = client.post("/v1/documents/ingest", files={"file": (name, MARKDOWN.encode(), said)}, data=about)
    assert answer.status_code == 202, answer.text
    found = client.get(f"/v1/documents/{answer.json()['document_id']}").json()
    assert (found["media_type"], found["title"], found["metadata"]) == (media_type, name, {"name": name})


def test_a_pdf_becomes_chunks_of_pages_and_a_broken_one_a_job_that_says_why(client: httpx2.Client) -> None:
    pages = ("We decided to keep the queue in PostgreSQL.", "Restart the worker when it is stuck.")
    sound, broken = a_pdf(*pages), b"%PDF-1.7 and nothing more"
    ids = [
        client.post("/v1/documents/ingest", files={"file": ("a.pdf", content, "application/pdf")}).json()
        for content in (sound, broken)
    ]
    assert ready(client, ids[0]["document_id"])["title"] == "a.pdf"
    chunks = client.get(f"/v1/documents/{ids[0]['document_id']}/chunks").json()["chunks"]
    assert pages[0] in chunks[0]["text"]
    assert chunks[0]["page"] == 1
    found = f"/v1/documents/{ids[1]['document_id']}"
    wait_until(lambda: client.get(found).json()["status"] == "failed", "the broken one to fail")
    job = client.get(f"/api/v1/jobs/{ids[1]['job_id']}").json()
    assert job["status"] == "failed"
    assert job["error"]


def test_what_is_called_nothing_is_called_by_its_first_line(client: httpx2.Client) -> None:
    found = client.get(f"/v1/documents/{ingest(client)['document_id']}").json()
    assert found["title"] == "Runbook"


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_a_document_past_ten_mebibytes_is_413_in_either_form(client: httpx2.Client, form: str) -> None:
    long = b"a" * (10 * MEBIBYTE + 1)
    if form == "json":
        answer = client.post("/v1/documents/ingest", json={"content": long.decode()})
        body = client.post("/v1/documents/ingest", json={"content": "a" * JSON_BYTES_MAX})
        assert body.status_code == 413
    else:
        answer = client.post("/v1/documents/ingest", files={"file": ("a.txt", long, "text/plain")})
    assert answer.status_code == 413
    assert "10485760" in answer.json()["detail"]


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_a_body_of_another_type_is_415(client: httpx2.Client, media_type: str) -> None:
    answer = client.post("/v1/documents/ingest", content=b"content=x", headers={"Content-Type": media_type})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("file", "status"),
    [
        (("a.png", b"\x89PNG", "image/png"), 415),
        (("a", b"x", "application/octet-stream"), 415),
        (("a.txt", b"", "text/plain"), 422),
        (("a.txt", b" \n\t ", "text/plain"), 422),
        (("a.txt", b"a\x00b", "text/plain"), 422),
        (("a.txt", b"caf\xe9", "text/plain"), 422),
    ],
)
def test_a_file_that_can_be_no_document_is_refused_at_once(
    client: httpx2.Client, file: tuple[str, bytes, str], status: int
) -> None:
    answer = client.post("/v1/documents/ingest", files={"file": file})
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": ""},
        {"content": " \n "},
        {"content": "a\x00b"},
        {"content": 7},
        {"content": "x", "content_type": "pdf"},
        {"content": "x", "title": ""},
        {"content": "x", "document_id": "doc-aaaaaaaaaaaaaaaa"},
        {"content": "x", "metadata": []},
        {"content": "x", "namespace": "Not A Key"},
    ],
)
def test_json_that_is_no_document_is_422_and_not_repeated(client: httpx2.Client, body: dict[str, Any]) -> None:
    answer = client.post("/v1/documents/ingest", json=body)
    assert answer.status_code == 422
    assert all(set(each) == {"loc", "msg", "type"} for each in answer.json()["detail"])


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": {"title": "x"}, "files": {"other": ("a.txt", b"x", "text/plain")}}, 422),
        ({"files": [("file", ("a.txt", b"x", "text/plain"))], "data": {"metadata": "{"}}, 422),
        ({"files": [("file", ("a.txt", b"x", "text/plain"))], "data": {"unknown": "x"}}, 422),
        ({"files": [("file", ("a.txt", b"x", "text/plain"))], "data": {"title": ["x", "y"]}}, 400),
        ({"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 422),
        ({"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}}, 422),
    ],
)
def test_a_form_that_is_no_document_is_refused(client: httpx2.Client, sent: dict[str, Any], status: int) -> None:
    answer = client.post("/v1/documents/ingest", **sent)
    assert answer.status_code == status, answer.text


def test_the_same_key_twice_is_one_document_and_another_content_is_refused(client: httpx2.Client) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    sent: dict[str, Any] = {"files": {"file": ("a.md", MARKDOWN.encode(), "text/markdown")}, "headers": headers}
    first, again = (client.post("/v1/documents/ingest", **sent) for _ in range(2))
    assert first.json() == again.json()
    other: dict[str, Any] = {"files": {"file": ("a.md", b"Other.", "text/markdown")}, "headers": headers}
    assert client.post("/v1/documents/ingest", **other).status_code == 422
    deleted = client.delete(f"/v1/documents/{first.json()['document_id']}")
    assert deleted.status_code == 204
    assert client.post("/v1/documents/ingest", **sent).status_code == 410


def test_the_same_source_twice_is_one_document_in_two_versions(client: httpx2.Client) -> None:
    source = f"wiki/{uuid4().hex}.md"
    first = ingest(client, source_id=source)
    ready(client, first["document_id"])
    second = ingest(client, source_id=source, content="# Runbook\n\nRestart nothing.\n")
    assert second["document_id"] == first["document_id"]
    assert second["job_id"] != first["job_id"]
    found = ready(client, first["document_id"], 2)
    assert (found["version"], found["revision"]) == (2, 2)
    (chunk,) = client.get(f"/v1/documents/{first['document_id']}/chunks").json()["chunks"]
    assert "Restart nothing." in chunk["text"]


def test_a_document_is_changed_only_as_it_was_seen(client: httpx2.Client) -> None:
    path = f"/v1/documents/{ready(client, ingest(client)['document_id'])['document_id']}"
    tag = client.get(path).headers["ETag"]
    changed = client.patch(path, json={"title": "Other", "metadata": {"a": 1}}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["title"], changed.json()["metadata"]) == (200, "Other", {"a": 1})
    assert changed.headers["ETag"] == '"2"'
    assert client.patch(path, json={"title": "Third"}, headers={"If-Match": tag}).status_code == 412
    assert client.delete(path, headers={"If-Match": tag}).status_code == 412
    assert client.patch(path, json={"title": None}).status_code == 422
    assert client.patch(path, json={"namespace": "other"}).status_code == 422


def test_secrets_in_what_is_said_of_a_document_are_redacted(client: httpx2.Client) -> None:
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    taken = ingest(client, title=f"Token {secret}", metadata={"token": secret})
    assert len(taken["warnings"]) == 2
    assert secret not in client.get(f"/v1/documents/{taken['document_id']}").text


def test_a_deleted_document_is_nowhere(client: httpx2.Client) -> None:
    canary = f"canary{uuid4().hex[:12]}"
    document_id = ingest(client, content=f"# {canary}\n\nWe decided that {canary} is used.", title=canary)[
        "document_id"
    ]
    ready(client, document_id)
    assert client.delete(f"/v1/documents/{document_id}").status_code == 204
    for path in ("", "/tree", "/chunks"):
        assert client.get(f"/v1/documents/{document_id}{path}").status_code == 404
    assert client.delete(f"/v1/documents/{document_id}").status_code == 404
    for path in ("/v1/documents", "/v1/facts", "/v1/entities"):
        assert canary not in client.get(path, params={"limit": 500}).text
    assert client.get("/v1/facts", params={"document_id": document_id}).json() == {"facts": []}


@pytest.fixture
def managed(stack: Stack) -> Iterator[Managed]:
    with managing(stack) as opened:
        yield opened


def test_namespaces_hold_for_documents_as_for_memories(managed: Managed) -> None:
    managed.namespace("research")
    managed.namespace("closed")
    all_of_it = managed.key("default", default="rw", research="rw", closed="rw")
    reader = managed.key("default", default="rw", research="r")
    with managed.client(all_of_it["api_key"]) as owner, managed.client(reader["api_key"]) as other:
        here = ingest(owner, namespace="research", title="here")["document_id"]
        hidden = ingest(owner, namespace="closed", title="hidden")["document_id"]
        ready(owner, here)
        ready(owner, hidden)
        assert other.get(f"/v1/documents/{here}").status_code == 200
        assert other.patch(f"/v1/documents/{here}", json={"title": "x"}).status_code == 403
        assert other.delete(f"/v1/documents/{here}").status_code == 403
        for path in ("", "/tree", "/chunks"):
            assert other.get(f"/v1/documents/{hidden}{path}").status_code == 404
        assert other.delete(f"/v1/documents/{hidden}").status_code == 404
        listed = other.get("/v1/documents", params={"namespaces": "*"}).json()["documents"]
        assert [it["document_id"] for it in listed] == [here]
        facts = other.get("/v1/facts").json()["facts"]
        assert {it["namespace"] for it in facts} == {"research"}
        for path in ("/v1/documents", "/v1/facts", "/v1/entities"):
            assert other.get(path, params={"namespaces": "closed"}).status_code == 403
            assert other.get(path, params={"namespaces": "nowhere"}).status_code == 404
        for namespace, status in (("research", 403), ("closed", 403), ("nowhere", 404)):
            sent = {"content": "x", "namespace": namespace}
            assert other.post("/v1/documents/ingest", json=sent).status_code == status


def test_a_document_needs_its_key_in_x_api_key(client: httpx2.Client) -> None:
    key = client.headers["X-API-Key"]
    for headers in ({}, {"Authorization": f"Token {key}"}, {"X-API-Key": key[:-1]}):
        answer = httpx2.post(f"{client.base_url}/v1/documents/ingest", json={"content": "x"}, headers=headers)
        assert answer.status_code == 401
    assert client.get("/v1/documents", params={"workspace_id": "ws-000000000000"}).json() == {"documents": []}
    elsewhere = {"workspace_id": "ws-000000000000"}
    assert client.post("/v1/documents/ingest", json={"content": "x", **elsewhere}).status_code == 403
    assert client.post("/v1/documents/ingest", json={"content": "x"}, params=elsewhere).status_code == 403
