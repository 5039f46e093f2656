"""Working on documents: of a workspace one at a time, the oldest first, a slice a turn; workspaces by turns."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from contracts.documents import DOCUMENT_BYTES_MAX
from services.extraction.documents.cutting import Cut, Piece, cut
from services.extraction.documents.decoding import Unreadable, text_of
from services.extraction.documents.findings import Findings, Found, chunk_of, messages, section_of
from services.extraction.documents.outline import Source, source_of
from services.extraction.documents.pdf import source_of_pages
from services.extraction.loops.extracting import BEGUN_MAX, FINAL, POSTPONED_S, or_failed
from services.extraction.loops.ordering import Ordering
from services.extraction.loops.pdf import read_pdf
from services.extraction.loops.reading import Reading
from services.extraction.loops.recording import Gone, Recording, of
from services.extraction.loops.storing import Failed, Waiting
from services.extraction.loops.turns import Turns
from services.extraction.store import documents, sweeps
from services.extraction.store.documents import Job
from services.extraction.store.leases import Leases
from services.kit import telemetry
from services.kit.errors import Transient
from services.kit.postgres import Database

logger = structlog.get_logger()

SMALL_BYTES = 65_536
"""What is no longer is begun whatever else is open."""
OPEN_BYTES_MAX = 67_108_864
"""Of all the documents that are worked on at the same time; a longer one waits until others have come to their end."""
REPORTS_MAX = 20
"""How often at most a job says how far it is."""
NO_TEXT = "The document has no text."
NO_TEXT_IN_PDF = "The PDF has no text: its pages may be pictures."


class Analyst(Protocol):
    @property
    def pieces_max(self) -> int | None:
        """Of a longer document, only so many slices are looked at."""
        ...

    async def analyse(self, job: Job, piece: Piece) -> Sequence[Found]:
        """What each of the chunks says and speaks of. Raises Failed, Waiting, Transient; any other exception fails the
        job.
        """
        ...


@dataclass(slots=True)
class _Work:
    """A document that is being worked on: `done` of its slices are recorded. Lost with the process, and made anew."""

    job: Job
    text: str
    made: Cut
    done: int = 0
    findings: Findings = field(default_factory=Findings)


class Documents:
    """PDFs, or all the others: reading a PDF may take a minute, for which only other PDFs have to wait.

    Which documents are due is in the tables, and what is made of them goes to memory as it is made: nothing is lost
    with the process.
    """

    def __init__(
        self,
        database: Database,
        loops: Database,
        reading: Reading,
        ordering: Ordering,
        analyst: Analyst,
        *,
        is_pdf: bool,
        at_once: int = 1,
    ):
        self._database = database
        self._loops = loops
        self._reading = reading
        self._ordering = ordering
        self._recording = Recording(ordering)
        self._analyst = analyst
        self._is_pdf = is_pdf
        self._open: dict[str, _Work] = {}
        self._leases = Leases(loops, "pdfs" if is_pdf else "documents")
        self.turns = Turns(self._with_due, self.do_next, self._leases, at_once)

    def expect(self) -> None:
        """There may be a document due."""
        self.turns.expect()

    async def run(self) -> None:
        await self.turns.run()

    async def _with_due(self) -> list[str]:
        due = await self._loops.read(None, lambda it: sweeps.with_documents(it, is_pdf=self._is_pdf))
        for workspace_id in self._open.keys() - set(due):
            del self._open[workspace_id]
            await self._leases.give_back(workspace_id)
        return due

    async def do_next(self, workspace_id: str) -> bool:
        """One slice of one document, or until it has to wait; with the first one it is read, with the last finished.

        True where more of it is to come: it is this process that has read it.
        """
        await self._do_next(workspace_id)
        return workspace_id in self._open

    async def _do_next(self, workspace_id: str) -> None:
        work = self._open.pop(workspace_id, None)
        open_ = work.job.job_id if work is not None else None
        job = await self._database.read(
            workspace_id, lambda it: documents.due(it, workspace_id, is_pdf=self._is_pdf, open_=open_)
        )
        if job is not None:
            with telemetry.stage("read_document", job.traceparent):
                await self._do(job, work)

    async def _do(self, job: Job, work: _Work | None) -> None:
        workspace_id = job.workspace_id
        try:
            if work is None or (work.job.job_id, work.job.version) != (job.job_id, job.version):
                if not self._has_room(job):
                    return
                work = await self._begin(job)
            if work is not None and await self._go_on(work):
                self._open[workspace_id] = work
        except Gone:
            await self._finish(job)
        except Failed as failure:
            await self._fail(job, failure)
        except Waiting as pause:
            await self._wait(job, pause.reason, pause.delay_s)
        except Transient as fault:
            delay_s = POSTPONED_S[min(job.postponed, len(POSTPONED_S) - 1)]
            await self._wait(job, f"Another service does not answer: {fault}", delay_s)

    def _has_room(self, job: Job) -> bool:
        others = sum(_size(it.job) for it in self._open.values())
        return others == 0 or _size(job) <= SMALL_BYTES or others + _size(job) <= OPEN_BYTES_MAX

    async def _begin(self, job: Job) -> _Work | None:
        """None where the job has ended already, or does so at once because there is no text."""
        async with self._database.transaction(job.workspace_id) as connection:
            await documents.begin(connection, job)
        found = await self._reading.job(job.workspace_id, job.job_id)
        document = await self._reading.document(job.workspace_id, job.document_id)
        if found is None or found["status"] in FINAL or document is None or document["version"] != job.document_version:
            raise Gone
        if job.begun >= BEGUN_MAX:
            raise Failed("process_died")
        await self._ordering.record(of(job), "running")
        content = await self._reading.content(job.workspace_id, job.document_id, job.document_version)
        if content is None:
            raise Failed("content_missing")
        source = await or_failed(_source(content, document))
        made = await or_failed(asyncio.to_thread(cut, source))
        if not made.slices:
            await self._ordering.record(of(job), "empty", reason=NO_TEXT_IN_PDF if source.pages else NO_TEXT)
            await self._finish(job)
            return None
        await self._recording.sections(job, [section_of(job.identity, it) for it in made.sections])
        return _Work(job, source.text, made)

    async def _go_on(self, work: _Work) -> bool:
        """The next slice, and with the last the end of the job; False if that was it."""
        job, piece = work.job, work.made.piece(work.done, work.text)
        passages = zip(work.made.slices[work.done], piece.texts, strict=True)
        await self._recording.chunks(job, [chunk_of(job.identity, it, text) for it, (_, text) in passages])
        if self._is_read(piece.part):
            work.findings.add(await or_failed(self._analyst.analyse(job, piece)))
        work.done += 1
        if work.done == piece.parts:
            await self._complete(work)
            return False
        if work.done * REPORTS_MAX // piece.parts != (work.done - 1) * REPORTS_MAX // piece.parts:
            counts = {"chunks": work.made.chunks, "recorded": piece.texts[-1][0] + 1}
            await self._ordering.record(of(job), "running", counts=counts)
        return True

    async def _complete(self, work: _Work) -> None:
        job = work.job
        facts, entities = await asyncio.to_thread(work.findings.of, job.identity)
        for part, (some_facts, some_entities) in enumerate(messages(facts, entities)):
            await self._recording.findings(job, part, some_facts, some_entities)
        made = {"chunks": work.made.chunks, "sections": len(work.made.sections)}
        counts = {**made, "facts": len(facts), "entities": len(entities)}
        if not self._is_read(len(work.made.slices)):
            unread = work.made.slices[self._analyst.pieces_max :]
            counts["chunks_not_analysed"] = sum(map(len, unread))
        await self._recording.finish(job, **made, counts=counts)
        await self._finish(job)
        logger.info("document ready", workspace_id=job.workspace_id, document_id=job.document_id, **counts)

    def _is_read(self, part: int) -> bool:
        return self._analyst.pieces_max is None or part <= self._analyst.pieces_max

    async def _fail(self, job: Job, failure: Failed) -> None:
        logger.error("a document failed", workspace_id=job.workspace_id, job_id=job.job_id, error=failure.error)
        try:
            await self._ordering.record(of(job), "failed", error=failure.error, reason=failure.reason)
        except Transient as fault:
            await self._postpone(job, str(fault), POSTPONED_S[0])
            return
        async with self._database.transaction(job.workspace_id) as connection:
            await documents.finish(connection, job)

    async def _wait(self, job: Job, reason: str, delay_s: float) -> None:
        await self._postpone(job, reason, delay_s)
        try:
            await self._ordering.record(of(job), "waiting", reason=reason)
        except Transient as fault:
            logger.warning("nobody hears that a document waits", job_id=job.job_id, fault=str(fault))

    async def _postpone(self, job: Job, reason: str, delay_s: float) -> None:
        logger.warning(
            "a document waits", workspace_id=job.workspace_id, job_id=job.job_id, reason=reason, delay_s=delay_s
        )
        async with self._database.transaction(job.workspace_id) as connection:
            await documents.postpone(connection, job, delay_s)

    async def _finish(self, job: Job) -> None:
        """Nothing of it is needed any more; of one that failed, what a model answered is."""
        async with self._database.transaction(job.workspace_id) as connection:
            await documents.finish(connection, job)
            await documents.forget_answers(connection, job)


async def _source(content: bytes, document: dict[str, Any]) -> Source:
    try:
        if document["media_type"] == "application/pdf":
            return await asyncio.to_thread(source_of_pages, await read_pdf(content))
        is_markdown = document["media_type"] == "text/markdown"
        return await asyncio.to_thread(lambda: source_of(text_of(content), is_markdown=is_markdown))
    except Unreadable as why:
        raise Failed(why.error, str(why)) from None


def _size(job: Job) -> int:
    """What its text may take; a PDF's may have any length that a document may have."""
    return DOCUMENT_BYTES_MAX if job.is_pdf else job.size
