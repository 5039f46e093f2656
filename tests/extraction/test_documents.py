"""What becomes of documents on a real bus and a real database, whatever they are and whatever happens meanwhile."""

import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest

from contracts.commands import Command
from contracts.documents import DOCUMENT_BYTES_MAX
from services.extraction.documents.cutting import Piece
from services.extraction.documents.findings import Found
from services.extraction.loops.analysing import Analysing
from services.extraction.loops.documents import Documents
from services.extraction.loops.ordering import Ordering
from services.extraction.store.documents import Job
from services.kit.postgres import rows
from tests import examples
from tests.extraction.document_rig import MARKDOWN, PDF, PLAIN, Rig, ingested, job_of, made_of, rigged
from tests.extraction.jobs import a_session, reaches
from tests.extraction.pdfs import a_pdf, a_slow_pdf
from tests.services import Talk, ready, running
from tests.stack import Servers, eventually

PART = """\
## Part {0}

Part {0} of Heron runs on port {1} and is looked after by Hannah Weiss.\r
We decided to write part {0} in Rust instead of Go. It was first deployed on 3 May 2024.

{2}

"""
NOTE = "# Note\n\nThe port of Heron is 8080 by default."
FILLER = "The night job warms the cache of each node before the first request comes. " * 40


def a_guide(parts: int) -> str:
    return "\ufeff# Heron\n\n" + "".join(PART.format(it, 8_000 + it, FILLER) for it in range(parts))


@pytest.fixture
async def rig(memory: Talk, memory_service: Servers) -> AsyncIterator[Rig]:
    async with rigged(memory, memory_service) as opened:
        yield opened


async def test_a_guide_becomes_chunks_sections_facts_and_entities(rig: Rig) -> None:
    text = a_guide(12)
    document, job = await rig.worked(text.encode(), title="Heron")
    assert (job["status"], job["kind"], job["document_id"]) == ("completed", "document", document.document_id)
    made = await made_of(rig.talk, document)
    assert made["document"]["status"] == "ready"
    read = text.removeprefix("\ufeff")
    assert all(read[it["start"] : it["end"]] == it["text"] for it in made["chunks"])
    assert [it["title"] for it in made["tree"]] == ["Heron", *(f"Part {it}" for it in range(12))]
    assert {it["parent_id"] for it in made["tree"][1:]} == {made["tree"][0]["section_id"]}
    kinds = {it["kind"] for it in made["facts"]}
    assert {"fact", "decision"} <= kinds
    in_chunks = {it["chunk_id"]: it["text"] for it in made["chunks"]}
    assert all(it["text"] in " ".join(in_chunks[it["chunk_id"]].split()) for it in made["facts"])
    entities = {(it["kind"], it["name"]): it for it in made["entities"]}
    assert entities["person", "Hannah Weiss"]["mentions"] == 12
    assert entities["technology", "Rust"]["document_count"] == 1
    counts = {"chunks": len(made["chunks"]), "sections": 13, "facts": len(made["facts"]), "entities": len(entities)}
    assert job["counts"] == counts


async def test_a_pdf_has_pages(rig: Rig) -> None:
    pages = [f"Page {it}\nHeron listens on port {8_000 + it}.\n" + "It goes on. " * 90 for it in range(1, 4)]
    document, job = await rig.worked(a_pdf(*pages, outline=[("Page 1", 1, 0), ("Page 3", 1, 2)]), PDF)
    assert job["status"] == "completed", job
    made = await made_of(rig.talk, document)
    assert [it["page"] for it in made["chunks"]] == [1, 2, 3]
    assert [(it["title"], it["first_chunk"], it["last_chunk"]) for it in made["tree"]] == [
        ("Page 1", 0, 1),
        ("Page 3", 2, 2),
    ]


@pytest.mark.parametrize(
    ("content", "media_type", "status", "error", "says"),
    [
        (b" \r\n\t\n", PLAIN, "empty", None, "no text"),
        (b"\xef\xbb\xbf", MARKDOWN, "empty", None, "no text"),
        (a_pdf("", ""), PDF, "empty", None, "pictures"),
        (b"caf\xe9 au lait", MARKDOWN, "failed", "not_utf8", "at 3"),
        (a_pdf("Secret", password="password"), PDF, "failed", "encrypted", "password"),
        (a_pdf("Cut")[:300], PDF, "failed", "broken_pdf", "broken or cut short"),
    ],
)
async def test_what_has_no_text_says_why(
    rig: Rig, content: bytes, media_type: str, status: str, error: str | None, says: str
) -> None:
    document, job = await rig.worked(content, media_type)
    assert (job["status"], job["error"]) == (status, error)
    assert says in job["reason"]
    assert (await made_of(rig.talk, document))["document"]["status"] == status


class Failing(Analysing):
    """Once."""

    fault: Exception | None = None

    async def analyse(self, job: Job, piece: Piece) -> Sequence[Found]:
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        return await super().analyse(job, piece)


async def test_a_document_that_its_reader_fails_over_fails_alone_and_can_be_tried_again(rig: Rig) -> None:
    document = await ingested(rig.talk, a_guide(2).encode())
    await rig.hear()
    analyst = Failing()
    analyst.fault = RecursionError("too deep")
    job = await rig.until_done(document, rig.documents(analyst))
    assert (job["status"], job["error"]) == ("failed", "RecursionError")
    workspace_id = rig.talk.workspace_id
    await rig.talk.order(examples.retry_document(workspace_id, document.document_id, document.job_id))
    await rig.hear()
    job = await rig.until_done(document, rig.documents(analyst))
    assert (job["status"], job["attempts"]) == ("completed", 2)


class Died(BaseException):
    """In place of a kill."""


class Dying(Ordering):
    """The process dies when so many orders have been carried out, and before it hears the answer to the last."""

    left: int

    async def order(self, command: Command) -> dict[str, Any]:
        answer = await super().order(command)
        self.left -= 1
        if self.left == 0:
            raise Died
        return answer


async def test_wherever_the_process_dies_the_document_comes_out_the_same(rig: Rig) -> None:
    content = a_guide(12).encode()
    undisturbed, _ = await rig.worked(content)
    wanted = await made_of(rig.talk, undisturbed)
    document = await ingested(rig.talk, content)
    await rig.hear()
    deaths = 0
    while (await job_of(rig.talk, document))["status"] != "completed":
        ordering = Dying(rig.bus)
        ordering.left = deaths + 1
        documents = rig.documents(ordering=ordering)
        with pytest.raises(Died):
            await _for_ever(documents, rig.talk.workspace_id)
        deaths += 1
    assert deaths >= 7, "it did not die everywhere"
    made = await made_of(rig.talk, document)
    for part in ("chunks", "tree", "facts"):
        assert [_without_ids(it) for it in made[part]] == [_without_ids(it) for it in wanted[part]]
    assert {it["mentions"] for it in made["entities"] if it["name"] == "Rust"} == {12}
    events = len(await rig.talk.log())
    await rig.hear()
    await rig.documents().do_next(rig.talk.workspace_id)
    assert len(await rig.talk.log()) == events, "what is heard once more after its end changes nothing"


async def _for_ever(documents: Documents, workspace_id: str) -> None:
    while True:
        await documents.do_next(workspace_id)


def _without_ids(found: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in found.items() if not name.endswith("_id") and name != "created_at"}


async def test_a_long_document_holds_up_nobody_else_s_short_one(rig: Rig) -> None:
    """By turns: whoever comes while it is being worked on waits for one slice of it, not for all of them."""
    other = Talk(rig.talk.operator, examples.a_workspace_id())
    await other.order(examples.open_workspace(other.workspace_id))
    long = await ingested(rig.talk, a_guide(60).encode())
    await rig.hear()
    documents = rig.documents()
    assert await documents.turns.take_one()
    short = await ingested(other, NOTE.encode())
    await rig.hear(other)
    for _ in range(2):
        assert await documents.turns.take_one()
    assert (await job_of(other, short))["status"] == "completed"
    assert (await job_of(rig.talk, long))["status"] == "running"
    turns = 0
    while await documents.turns.take_one():
        turns += 1
    assert turns > 5, "it was not long enough to hold up anybody"
    assert (await job_of(rig.talk, long))["status"] == "completed"


async def test_long_documents_wait_until_there_is_room_and_one_that_is_deleted_makes_some(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.extraction.loops.documents.OPEN_BYTES_MAX", 100_000)
    other = Talk(rig.talk.operator, examples.a_workspace_id())
    await other.order(examples.open_workspace(other.workspace_id))
    first = await ingested(rig.talk, a_guide(30).encode())
    await rig.hear()
    documents = rig.documents()
    assert await documents.turns.take_one()
    second, short = await ingested(other, a_guide(30).encode()), await ingested(other, a_guide(1).encode())
    await rig.hear(other)
    for _ in range(2):
        assert await documents.turns.take_one()
    assert (await job_of(other, second))["status"] == "queued"
    await rig.talk.order(examples.delete_document(rig.talk.workspace_id, first.document_id))
    await rig.hear()
    while await documents.turns.take_one():
        continue
    assert [(await job_of(other, it))["status"] for it in (second, short)] == ["completed"] * 2


async def test_a_document_that_is_deleted_or_has_a_newer_version_is_left_alone(rig: Rig) -> None:
    old = await ingested(rig.talk, a_guide(24).encode(), source_id="guide")
    gone = await ingested(rig.talk, a_guide(24).encode())
    await rig.hear()
    documents = rig.documents()
    await documents.do_next(rig.talk.workspace_id)
    new = await ingested(rig.talk, b"# Heron\n\nHeron moved to port 9000.", source_id="guide")
    await rig.talk.order(examples.delete_document(rig.talk.workspace_id, gone.document_id))
    await rig.hear()
    job = await rig.until_done(new, documents)
    assert job["status"] == "completed"
    made = await made_of(rig.talk, new)
    assert (made["document"]["version"], [it["title"] for it in made["tree"]]) == (2, ["Heron"])
    assert (await job_of(rig.talk, old))["status"] == "empty"
    assert [it["document_id"] for it in await rig.rows("SELECT * FROM documents")] == [new.document_id] * 2
    async with rig.database.transaction("ws-000000000000") as connection:
        assert await rows(connection, "SELECT * FROM documents", {}) == [], "another workspace sees none"
    assert await rig.rows("SELECT * FROM documents WHERE due_at IS NOT NULL") == []


async def test_what_was_asked_for_before_does_not_make_what_is_open_begin_again(rig: Rig) -> None:
    old = await ingested(rig.talk, b"# Old\n\nHeron is old.")
    await rig.hear()
    async with rig.database.transaction(rig.talk.workspace_id) as connection:
        await connection.execute(b"UPDATE documents SET due_at = now() + interval '1 day'")
    long = await ingested(rig.talk, a_guide(24).encode())
    await rig.hear()
    documents = rig.documents()
    await documents.do_next(rig.talk.workspace_id)
    async with rig.database.transaction(rig.talk.workspace_id) as connection:
        await connection.execute(b"UPDATE documents SET due_at = now()")
    assert (await rig.until_done(long, documents))["status"] == "completed"
    assert (await job_of(rig.talk, old))["status"] == "queued"
    assert [it["begun"] for it in await rig.rows("SELECT begun FROM documents ORDER BY asked_at")] == [0, 1]


@pytest.fixture
def extraction(memory_service: Servers) -> Iterator["subprocess.Popen[bytes]"]:
    with running(memory_service, "extraction", WEFT_EMBEDDING="off") as process:
        yield process


@pytest.mark.slow
async def test_ten_megabytes_and_a_malicious_pdf_hold_up_neither_sessions_nor_documents_of_others(
    memory: Talk, extraction: "subprocess.Popen[bytes]"
) -> None:
    await ready(memory.operator, "extraction")
    content = a_guide(3_000).encode()[: DOCUMENT_BYTES_MAX - 4].decode(errors="ignore").encode()
    long, malicious = await ingested(memory, content), await ingested(memory, a_slow_pdf(), PDF)

    async def at_work() -> bool:
        return [(await job_of(memory, it))["status"] for it in (long, malicious)] == ["running"] * 2

    await eventually(at_work, "both to be at work")
    other = Talk(memory.operator, examples.a_workspace_id())
    await other.order(examples.open_workspace(other.workspace_id))
    session_id = await a_session(other, summary="Hello.")
    short = [await ingested(other, NOTE.encode()), await ingested(other, a_pdf(NOTE), PDF)]

    async def done() -> bool:
        return [(await job_of(other, it))["status"] for it in short] == ["completed"] * 2

    await eventually(done, "the short documents")
    assert (await reaches(other, session_id, "empty", "completed"))["status"] == "empty"
    for it in (long, malicious):
        assert (await job_of(memory, it))["status"] == "running", "it was over before the others came"
        await memory.order(examples.delete_document(memory.workspace_id, it.document_id))
    assert extraction.poll() is None
