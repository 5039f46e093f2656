"""What is written over HTTP is kept without its secrets: they are in no answer, on no disk, in no stream and no log."""

from typing import Any
from uuid import uuid4

import httpx2
import psycopg

from services.kit.keys import make_key
from tests.flows.conftest import store
from tests.stack import Stack, files_with, wait_until

MEMORIES = "/api/v1/memories/"
PLACEHOLDER = "[redacted: Weft key]"
TEXTS = ("title", "narrative", "tags", "concepts", "source_files")


def with_secrets() -> tuple[dict[str, Any], dict[str, str]]:
    """A draft with a secret in each field, and the secrets by field."""
    secrets = {name: make_key().text for name in TEXTS}
    texts = {name: f"What {name} said: {secret}" for name, secret in secrets.items()}
    return {name: text if name in TEXTS[:2] else ["plain", text] for name, text in texts.items()}, secrets


def tables(stack: Stack) -> str:
    """All rows of all tables of all services."""
    with psycopg.connect(stack.postgres_dsn("postgres")) as connection:
        names = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert ("memory", "events") in names or any("events" in name for _, name in names)
        rows = [
            row
            for schema, name in names
            for row in connection.execute(f'SELECT t::text FROM "{schema}"."{name}" AS t').fetchall()
        ]
    return "\n".join(row for (row,) in rows)


class TestMemory:
    def test_a_secret_in_each_field_is_redacted_and_named(self, client: httpx2.Client) -> None:
        draft, secrets = with_secrets()
        answer = client.post(MEMORIES + "store", json=draft)
        stored = answer.json()
        assert answer.status_code == 201
        assert stored["warnings"] == [f"A Weft key in '{name}' was redacted before storing." for name in TEXTS]
        for name, secret in secrets.items():
            value = draft[name]
            clean = (
                value.replace(secret, PLACEHOLDER)
                if isinstance(value, str)
                else [value[0], value[1].replace(secret, PLACEHOLDER)]
            )
            assert stored[name] == clean
            assert secret not in answer.text

    def test_later_answers_show_the_same_text_and_no_warning(self, client: httpx2.Client) -> None:
        draft, secrets = with_secrets()
        stored = client.post(MEMORIES + "store", json=draft).json()
        detail = client.get(MEMORIES + stored["memory_id"])
        assert {name: detail.json()[name] for name in TEXTS} == {name: stored[name] for name in TEXTS}
        assert detail.json()["warnings"] == []
        for question in ("what narrative said", secrets["narrative"], PLACEHOLDER):
            found = client.post(MEMORIES + "search", json={"query": question, "limit": 50})
            assert not any(secret in found.text.replace(question, "") for secret in secrets.values())

    def test_nothing_but_a_secret_is_a_placeholder(self, anyone: httpx2.Client) -> None:
        stored = store(anyone, title=make_key().text, narrative=make_key().text)
        assert stored["title"] == stored["narrative"] == stored["summary"] == PLACEHOLDER

    def test_a_change_is_redacted_too(self, anyone: httpx2.Client) -> None:
        memory_id, secret = store(anyone)["memory_id"], make_key().text
        answer = anyone.patch(MEMORIES + memory_id, json={"narrative": f"Now {secret}."})
        assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
        assert answer.json()["narrative"] == f"Now {PLACEHOLDER}."
        assert answer.json()["warnings"] == ["A Weft key in 'narrative' was redacted before storing."]
        assert anyone.get(MEMORIES + memory_id).json()["narrative"] == f"Now {PLACEHOLDER}."

    def test_at_its_limit_a_text_still_fits(self, anyone: httpx2.Client) -> None:
        end = " password=hunter2"
        stored = store(anyone, title="t" * (500 - len(end)) + end, narrative="n" * (65_536 - len(end)) + end)
        assert stored["title"].endswith("t password=***")
        assert stored["narrative"].endswith("n password=***")

    def test_the_same_request_twice_is_one_answer_with_the_same_warnings(self, anyone: httpx2.Client) -> None:
        draft, _ = with_secrets()
        key = {"Idempotency-Key": str(uuid4())}
        first, second = (anyone.post(MEMORIES + "store", json=draft, headers=key) for _ in range(2))
        assert first.status_code == second.status_code == 201
        assert first.content == second.content
        draft["narrative"] = make_key().text
        assert anyone.post(MEMORIES + "store", json=draft, headers=key).status_code == 422


def test_the_context_of_a_relationship_is_redacted_too(anyone: httpx2.Client) -> None:
    source, target, secret = store(anyone)["memory_id"], store(anyone)["memory_id"], make_key().text
    body = {"source_memory_id": source, "target_memory_id": target, "relationship_type": "depends_on"}
    made = anyone.post("/api/v1/relationships", json={**body, "context": f"Both use {secret}."}).json()
    assert made["context"] == f"Both use {PLACEHOLDER}."
    assert made["warnings"] == ["A Weft key in 'context' was redacted before storing."]
    listed = anyone.get("/api/v1/relationships", params={"memory_id": source})
    assert listed.status_code == 404 or secret not in listed.text


class TestTraces:
    """Where the bytes go: the event log and every other table, the streams' files, the index, the logs."""

    def test_no_secret_is_left_anywhere(self, stack: Stack, client: httpx2.Client) -> None:
        draft, secrets = with_secrets()
        context, changed, sign = make_key().text, make_key().text, f"sign{uuid4().hex}"
        draft["narrative"] += f" {sign}"
        stored = client.post(MEMORIES + "store", json=draft, headers={"Idempotency-Key": str(uuid4())}).json()
        client.patch(MEMORIES + stored["memory_id"], json={"narrative": f"{sign} {changed}"})
        other = store(client)
        ends = {"source_memory_id": stored["memory_id"], "target_memory_id": other["memory_id"]}
        client.post("/api/v1/relationships", json={**ends, "relationship_type": "references", "context": context})
        wait_until(
            lambda: client.post(MEMORIES + "search", json={"query": sign}).json()["count"] > 0, what="it to be found"
        )

        opened = client.get("/api/v1/export", params={"events": "true"}).text  # the log and the tables are sealed
        assert sign in opened
        rows = tables(stack)
        needles = [*secrets.values(), context, changed]
        assert [needle for needle in needles if needle in opened or needle in rows] == []
        assert files_with(stack.home.nats_data, sign.encode()), "the search itself finds nothing"
        index = stack.home.search_data / stored["workspace_id"]  # those of all other tests are gigabytes
        folders = [index, *(it for it in stack.home.path.iterdir() if it.is_dir() and it != stack.home.search_data)]
        sought = [needle.encode() for needle in needles]
        assert [found for folder in folders for found in files_with(folder, *sought)] == []
