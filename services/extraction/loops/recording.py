"""What extraction orders for a document: its chunks, sections and findings, and that it is ready."""

from collections.abc import Sequence
from typing import Any

from contracts.base import derived_id
from contracts.commands import Command, FinishDocument, RecordChunks, RecordFindings
from contracts.documents import Chunk, Entity, Fact, Section
from services.extraction.documents.findings import SECTIONS_A_MESSAGE
from services.extraction.loops import ordering
from services.extraction.loops.ordering import Ordering, sent
from services.extraction.loops.storing import Failed
from services.extraction.store.documents import Job
from services.kit.errors import Unavailable

GONE = ("unknown_document", "already_deleted", "outdated_version", "job_finished")


class Gone(Exception):
    """The document was deleted, or has a newer version: what is made of this one is needed by nobody."""


class Recording:
    """Memory keeps what it has been told first: after a crash all of it is said again, in the same words under the same
    command ids. All raise Gone, Failed, Unavailable and NotStored.
    """

    def __init__(self, orders: Ordering):
        self._orders = orders

    async def sections(self, job: Job, sections: Sequence[Section]) -> None:
        for first in range(0, len(sections), SECTIONS_A_MESSAGE):
            some = tuple(sections[first : first + SECTIONS_A_MESSAGE])
            fields = _fields(job, "sections", first)
            await self._order(RecordChunks(**fields, first=0, chunks=(), first_section=first, sections=some))

    async def chunks(self, job: Job, chunks: Sequence[Chunk]) -> None:
        first = chunks[0].index
        await self._order(RecordChunks(**_fields(job, "chunks", first), first=first, chunks=tuple(chunks)))

    async def findings(self, job: Job, part: int, facts: Sequence[Fact], entities: Sequence[Entity]) -> None:
        fields = _fields(job, "findings", part)
        await self._order(RecordFindings(**fields, part=part, facts=tuple(facts), entities=tuple(entities)))

    async def finish(self, job: Job, chunks: int, sections: int, counts: dict[str, int]) -> None:
        await self._order(FinishDocument(**_fields(job, "finish", 0), chunks=chunks, sections=sections, counts=counts))

    async def _order(self, command: Command) -> None:
        refusal = (await self._orders.order(command)).get("refusal")
        if refusal is None:
            return
        match refusal["code"]:
            case code if code in GONE:
                raise Gone(refusal["detail"])
            case "contended":
                raise Unavailable("the document is being changed by others")
            case code:
                raise Failed(code)


def of(job: Job) -> ordering.Job:
    """The job as `Ordering` knows one."""
    return ordering.Job(job.workspace_id, job.namespace, job.job_id)


def _fields(job: Job, what: str, number: int) -> dict[str, Any]:
    """The command's id is made of the job, as it was asked for last, and of what is ordered."""
    command_id = derived_id("document", job.workspace_id, job.job_id, str(job.version), what, str(number))
    return {**sent(of(job), command_id), "document_id": job.document_id, "version": job.document_version}
