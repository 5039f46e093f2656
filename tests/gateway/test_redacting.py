"""Secrets are taken out before there is a command, and the answer says so."""

from typing import Any

import httpx2
import pytest

from contracts.commands import MakeRelationship, MemoryDraft, ReviseMemory, StoreMemory
from services.gateway.api import calls, examples
from services.gateway.api.redacting import LENGTHS_MAX, METADATA, without_secrets
from services.gateway.api.session_shapes import Ending, Feedback, NewObservation, NewSession
from services.gateway.api.shapes import Changes, NewMemory, NewRelationship
from services.kit.keys import make_key
from tests.gateway.played import Played

STORE = "/api/v1/memories/store"
A, B = "mem-000000000000000a", "mem-000000000000000b"
RELATED = {"source_memory_id": A, "target_memory_id": B, "relationship_type": "depends_on"}
IN_NARRATIVE = "A Weft key in 'narrative' was redacted before storing."
PLACEHOLDER = "[redacted: Weft key]"


@pytest.fixture
def secret() -> str:
    return make_key().text


class TestWhatIsOrdered:
    async def test_a_stored_memory_has_no_secret_in_any_field(
        self, http: httpx2.AsyncClient, memory: Played, secret: str
    ) -> None:
        memory.answers[StoreMemory] = examples.MEMORY_EXAMPLE
        lists = {name: ["plain", f"with {secret}"] for name in ("tags", "concepts", "source_files")}
        draft = {"title": f"Use {secret}", "narrative": f"It is {secret}, and\n{secret}.", **lists}
        answer = await http.post(STORE, json=draft)
        (order,) = memory.asked(StoreMemory)
        assert secret not in order.model_dump_json()
        assert order.draft.title == f"Use {PLACEHOLDER}"
        assert order.draft.narrative == f"It is {PLACEHOLDER}, and\n{PLACEHOLDER}."
        assert order.draft.tags == order.draft.concepts == order.draft.source_files == ("plain", f"with {PLACEHOLDER}")
        assert answer.json() == {
            **examples.MEMORY_EXAMPLE,
            "warnings": [f"A Weft key in '{name}' was redacted before storing." for name in draft],
        }

    async def test_a_change_has_none_and_no_field_that_was_not_given(
        self, http: httpx2.AsyncClient, memory: Played, secret: str
    ) -> None:
        memory.answers[ReviseMemory] = examples.MEMORY_EXAMPLE
        answer = await http.patch(f"/api/v1/memories/{A}", json={"narrative": secret, "importance_score": 0.4})
        (order,) = memory.asked(ReviseMemory)
        assert order.changes.given() == {"narrative": PLACEHOLDER, "importance_score": 0.4}
        assert answer.json()["warnings"] == [IN_NARRATIVE]

    async def test_nor_has_what_is_said_of_a_relationship(
        self, http: httpx2.AsyncClient, memory: Played, secret: str
    ) -> None:
        memory.answers[MakeRelationship] = examples.RELATIONSHIP_EXAMPLE
        answer = await http.post("/api/v1/relationships", json={**RELATED, "context": f"Both use {secret}."})
        (order,) = memory.asked(MakeRelationship)
        assert order.context == f"Both use {PLACEHOLDER}."
        assert answer.json()["warnings"] == ["A Weft key in 'context' was redacted before storing."]

    async def test_without_a_secret_all_is_as_it_was_sent_and_no_warning(
        self, http: httpx2.AsyncClient, memory: Played
    ) -> None:
        memory.answers[StoreMemory] = examples.MEMORY_EXAMPLE
        answer = await http.post(STORE, json=examples.DRAFT_EXAMPLE)
        (order,) = memory.asked(StoreMemory)
        assert order.draft == MemoryDraft.model_validate(examples.DRAFT_EXAMPLE)
        assert answer.json()["warnings"] == []

    async def test_the_request_that_was_sent_is_the_one_that_may_be_repeated(
        self, http: httpx2.AsyncClient, memory: Played, secret: str
    ) -> None:
        """Two secrets are two requests, though what is stored is the same."""
        memory.answers[StoreMemory] = examples.MEMORY_EXAMPLE
        for narrative in (secret, secret, make_key().text):
            await http.post(STORE, json={"title": "A key", "narrative": narrative}, headers={"Idempotency-Key": "once"})
        first, second, other = memory.asked(StoreMemory)
        assert first.draft == second.draft == other.draft
        assert first.fingerprint == second.fingerprint != other.fingerprint

    async def test_not_yet_decided_it_warns_as_well(
        self, http: httpx2.AsyncClient, secret: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(calls, "REPLY_TIMEOUT_S", 0.5)
        asked: list[tuple[str, str, dict[str, Any]]] = [
            ("POST", STORE, {"title": "A key", "narrative": secret}),
            ("PATCH", f"/api/v1/memories/{A}", {"narrative": secret}),
            ("PATCH", f"/api/v1/memories/{A}", {"importance_score": 0.4}),
        ]
        answers = [await http.request(method, path, json=body) for method, path, body in asked]
        assert {answer.status_code for answer in answers} == {202}
        assert [answer.json()["warnings"] for answer in answers] == [[IN_NARRATIVE], [IN_NARRATIVE], []]


class TestLimits:
    def test_they_are_those_of_the_contract(self) -> None:
        assert LENGTHS_MAX == {
            "title": 500,
            "narrative": 65_536,
            "tags": 128,
            "concepts": 128,
            "source_files": 1_024,
            "source_id": 512,
            "context": 1_000,
            "content": 65_536,
            "files": 1_024,
            "summary": 65_536,
            "project_path": 1_024,
            "project_name": 256,
            "branch_name": 256,
            "user_id": 256,
        }

    def test_no_text_that_people_write_is_passed_over(self) -> None:
        """A new field of text must be listed, or be none that anybody writes."""
        texts = {
            name
            for model in (NewMemory, Changes, NewRelationship, NewSession, NewObservation, Ending, Feedback)
            for name, field in model.model_fields.items()
            if "str" in repr(field.annotation)
        }
        ids = {"namespace", "workspace_id", "source_memory_id", "target_memory_id", "session_id"}
        assert texts - {*LENGTHS_MAX, METADATA} == ids

    def test_metadata_is_looked_through_and_its_names_tell_what_its_values_are(self, secret: str) -> None:
        said = {
            "env": {"DB_PASSWORD": "s3cr3t!pass", "list": [secret, 1, None, True]},
            secret: "under a key",
            "agent": "coder",
            "exit_code": 0,
        }
        clean, warnings = without_secrets(NewSession(project_path="/p", metadata=said))
        assert "s3cr3t" not in repr(clean.metadata)
        assert secret not in repr(clean.metadata)
        assert (clean.metadata["agent"], clean.metadata["exit_code"]) == ("coder", 0)
        assert NewSession.model_validate(clean.model_dump()) == clean
        assert warnings == [f"A {kind} in 'metadata' was redacted before storing." for kind in ("password", "Weft key")]

    def test_what_fitted_fits_without_its_secret(self) -> None:
        secret = "password=hunter2"
        tag = "t" * (128 - len(secret) - 1) + " " + secret
        memory, warnings = without_secrets(NewMemory(title=secret, narrative="n", tags=(tag,) * 64))
        assert NewMemory.model_validate(memory.model_dump()) == memory
        assert memory.title == "password=[redacted: password]"
        assert memory.tags == (tag.replace("hunter2", "***"),) * 64
        assert warnings == [f"A password in '{name}' was redacted before storing." for name in ("title", "tags")]


class TestSentence:
    @pytest.mark.parametrize(
        ("secret", "sentence"),
        [
            ("AK|IAQ7XW2MNB5LKJ4RTY", "An AWS access key id"),
            ("np|m_a1B2" + "c3D4" * 8, "An npm token"),
            ("API_KEY=k4Jd82hGs91LkQw0", "An API key"),
            ("gh|p_a1B2" + "c3D4" * 8, "A GitHub token"),
        ],
    )
    def test_it_is_english(self, secret: str, sentence: str) -> None:
        _, warnings = without_secrets(NewMemory(title="t", narrative=secret.replace("|", "")))
        assert warnings == [f"{sentence} in 'narrative' was redacted before storing."]

    def test_there_is_one_for_each_field_and_kind(self, secret: str) -> None:
        narrative = f"{secret} password=hunter2 password=swordfish9 {make_key().text}"
        _, warnings = without_secrets(NewMemory(title="password=hunter2", narrative=narrative))
        assert warnings == [
            "A password in 'title' was redacted before storing.",
            IN_NARRATIVE,
            "A password in 'narrative' was redacted before storing.",
        ]
