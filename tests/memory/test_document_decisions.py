"""Documents: what may happen to them, as pure decisions."""

import json
from typing import Any
from uuid import uuid4

import pytest

from contracts.base import Grants, now
from contracts.commands import AnyCommand, IngestDocument
from contracts.events import AnyEvent, ChunksRecorded, DocumentDeleted, DocumentIngested, DocumentReady, JobChanged
from services.memory.decisions.batch import Batch, decide_all
from services.memory.decisions.document_state import DocumentState
from services.memory.decisions.state import WorkspaceState
from tests import examples

WS = examples.a_workspace_id()
TEXT = b"# Runbook\n\nRestart the worker."
READ_ONLY = Grants(read=("default", "other"), write=("other",), default="default")
ELSEWHERE = Grants(read=("other",), write=("other",), default="other")


def a_workspace() -> WorkspaceState:
    return WorkspaceState(WS, "team", namespaces={"default": "active", "other": "active", "old": "archived"})


def run(state: WorkspaceState, *commands: AnyCommand, content: bytes | None = TEXT) -> Batch:
    ingests = (each.command_id for each in commands if isinstance(each, IngestDocument))
    state.contents = {} if content is None else dict.fromkeys(ingests, content)
    return decide_all(state, commands, {}, now(), iter(uuid4, None))


def happened(state: WorkspaceState, command: AnyCommand) -> list[AnyEvent]:
    return [each.event for each in run(state, command).recorded]


def answer(state: WorkspaceState, command: AnyCommand, content: bytes | None = TEXT) -> dict[str, Any]:
    (given,) = run(state, command, content=content).answers
    found: dict[str, Any] = json.loads(given)
    return found


def refused(state: WorkspaceState, command: AnyCommand, content: bytes | None = TEXT) -> str:
    return str(answer(state, command, content)["refusal"]["code"])


def ingested(source_id: str | None = "wiki/runbook.md", **fields: Any) -> tuple[WorkspaceState, str]:
    state, command = a_workspace(), examples.ingest(WS, TEXT, source_id=source_id, **fields)
    run(state, command)
    return state, command.document_id


def ready(**fields: Any) -> tuple[WorkspaceState, str]:
    """Version 1, of one chunk and one section."""
    state, document_id = ingested(**fields)
    run(state, examples.record_chunks(WS, document_id, "Restart the worker."))
    run(state, examples.finish_document(WS, document_id, 1))
    return state, document_id


def document(state: WorkspaceState, document_id: str) -> DocumentState:
    found = state.documents[document_id]
    assert isinstance(found, DocumentState)
    return found


def job_of(state: WorkspaceState, document_id: str) -> str:
    return state.jobs[document(state, document_id).job_id].status


def test_a_document_comes_in_with_its_job() -> None:
    state, command = a_workspace(), examples.ingest(WS, TEXT)
    body = answer(state, command)["body"]
    assert body == {"job_id": command.job_id, "document_id": command.document_id}
    assert (state.jobs[command.job_id].status, state.jobs[command.job_id].document_id) == (
        "queued",
        command.document_id,
    )


def test_content_that_is_not_there_or_is_not_what_was_sent_is_refused() -> None:
    command = examples.ingest(WS, TEXT)
    assert refused(a_workspace(), command, content=None) == "content_missing"
    assert refused(a_workspace(), command, content=TEXT[:-1]) == "content_mismatch"
    assert refused(a_workspace(), command, content=TEXT.swapcase()) == "content_mismatch"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"namespace": "nowhere"}, "unknown_namespace"),
        ({"namespace": "old"}, "unknown_namespace"),
        ({"grants": READ_ONLY}, "namespace_read_only"),
        ({"grants": ELSEWHERE, "namespace": "default"}, "namespace_not_granted"),
    ],
)
def test_a_document_goes_only_where_the_key_may_write(fields: dict[str, Any], code: str) -> None:
    assert refused(a_workspace(), examples.ingest(WS, TEXT, **fields)) == code


def test_the_same_source_is_the_next_version_and_in_another_namespace_another_document() -> None:
    state, document_id = ingested()
    again = examples.ingest(WS, TEXT, source_id="wiki/runbook.md", title="Runbook 2")
    run(state, again)
    assert (again.document_id, document(state, document_id).version) == (document_id, 2)
    assert (document(state, document_id).title, document(state, document_id).revision) == ("Runbook 2", 2)
    both = Grants(read=("default", "other"), write=("default", "other"), default="default")
    other = examples.ingest(WS, TEXT, source_id="wiki/runbook.md", namespace="other", grants=both)
    assert other.document_id != document_id


def test_a_version_that_is_overtaken_ends_and_nothing_more_is_recorded_of_it() -> None:
    state, document_id = ingested()
    first_job = document(state, document_id).job_id
    run(state, examples.record_chunks(WS, document_id, "One."))
    run(state, examples.ingest(WS, TEXT, source_id="wiki/runbook.md"))
    assert state.jobs[first_job].status == "empty"
    assert document(state, document_id).chunk_count == 0
    assert refused(state, examples.record_chunks(WS, document_id, "Two.", first=1)) == "outdated_version"
    assert refused(state, examples.finish_document(WS, document_id, 1)) == "outdated_version"


def test_what_is_ready_stays_so_until_the_next_version_is() -> None:
    state, document_id = ready()
    run(state, examples.ingest(WS, TEXT, source_id="wiki/runbook.md"))
    found = document(state, document_id)
    assert (found.version, found.ready_version, found.ready_chunks, found.chunk_count) == (2, 1, 1, 0)
    run(state, examples.record_chunks(WS, document_id, "One.", "Two.", version=2))
    run(state, examples.finish_document(WS, document_id, 2, version=2))
    found = document(state, document_id)
    assert (found.ready_version, found.ready_chunks, job_of(state, document_id)) == (2, 2, "completed")


def test_chunks_recorded_twice_are_there_once_and_a_gap_is_refused() -> None:
    state, document_id = ingested()
    run(state, examples.record_chunks(WS, document_id, "One.", "Two."))
    assert happened(state, examples.record_chunks(WS, document_id, "One.", "Two.")) == []
    (more,) = happened(state, examples.record_chunks(WS, document_id, "One.", "Two.", "Three."))
    assert isinstance(more, ChunksRecorded)
    assert (more.first, [each.text for each in more.chunks], more.sections) == (2, ["Three."], ())
    assert refused(state, examples.record_chunks(WS, document_id, "Five.", first=4)) == "out_of_order"
    assert refused(state, examples.finish_document(WS, document_id, 4)) == "out_of_order"


def test_findings_are_recorded_part_by_part_and_each_once() -> None:
    state, document_id = ingested()
    fact = examples.a_fact(WS, document_id, "The worker is restarted.")
    assert refused(state, examples.record_findings(WS, document_id, fact, part=1)) == "out_of_order"
    assert len(happened(state, examples.record_findings(WS, document_id, fact))) == 1
    assert happened(state, examples.record_findings(WS, document_id, fact)) == []


def test_finishing_makes_it_ready_and_completes_its_job_at_once() -> None:
    state, document_id = ingested()
    run(state, examples.record_chunks(WS, document_id, "One."))
    first, second = happened(state, examples.finish_document(WS, document_id, 1, counts={"chunks": 1}))
    assert isinstance(first, DocumentReady)
    assert isinstance(second, JobChanged)
    assert (second.status, second.counts) == ("completed", {"chunks": 1})
    assert happened(state, examples.finish_document(WS, document_id, 1)) == []


def test_a_job_that_failed_is_retried_with_what_was_recorded_before() -> None:
    state, document_id = ingested()
    run(state, examples.record_chunks(WS, document_id, "One."))
    job_id = document(state, document_id).job_id
    assert refused(state, examples.retry_document(WS, document_id, job_id)) == "job_not_retryable"
    run(state, examples.record_job(WS, job_id, "failed", error="Crashed"))
    assert answer(state, examples.retry_document(WS, document_id, job_id))["body"]["status"] == "queued"
    assert document(state, document_id).chunk_count == 1
    assert state.jobs[job_id].attempts == 2


def test_a_change_raises_the_revision_and_asks_for_the_right_one() -> None:
    state, document_id = ready()
    body = answer(state, examples.change_document(WS, document_id, {"title": "Other"}, expected_revision=1))["body"]
    assert (body["title"], body["revision"], body["status"], body["version"]) == ("Other", 2, "ready", 1)
    stale = examples.change_document(WS, document_id, {"title": "Third"}, expected_revision=1)
    assert refused(state, stale) == "revision_mismatch"
    assert happened(state, examples.change_document(WS, document_id, {"title": "Other"})) == []


@pytest.mark.parametrize(("grants", "code"), [(READ_ONLY, "namespace_read_only"), (ELSEWHERE, "unknown_document")])
def test_who_may_not_write_a_document_changes_and_deletes_none(grants: Grants, code: str) -> None:
    state, document_id = ready()
    assert refused(state, examples.change_document(WS, document_id, {"title": "X"}, grants=grants)) == code
    assert refused(state, examples.delete_document(WS, document_id, grants=grants)) == code


def test_a_deleted_document_is_unknown_and_its_source_comes_again_with_higher_numbers() -> None:
    state, document_id = ready()
    (deleted,) = happened(state, examples.delete_document(WS, document_id))
    assert isinstance(deleted, DocumentDeleted)
    assert refused(state, examples.delete_document(WS, document_id)) == "unknown_document"
    assert refused(state, examples.record_chunks(WS, document_id, "Late.")) == "unknown_document"
    event, _ = happened(state, examples.ingest(WS, TEXT, source_id="wiki/runbook.md"))
    assert isinstance(event, DocumentIngested)
    assert (event.document_id, event.version > 1, document(state, document_id).ready_version) == (
        document_id,
        True,
        None,
    )


def test_a_deletion_ends_the_job_and_leaves_no_answer_with_its_title() -> None:
    state, document_id = ingested()
    job_id = document(state, document_id).job_id
    change = examples.change_document(WS, document_id, {"title": "Secret"})
    batch = run(state, change, examples.delete_document(WS, document_id))
    assert state.jobs[job_id].status == "empty"
    assert [each.answer for each in batch.settled if each.command is change] == [None]
