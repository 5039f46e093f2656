"""Documents worked on in this process, turn by turn, beside a real memory service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from contracts import subjects
from contracts.commands import IngestDocument
from contracts.documents import Blob
from contracts.events import CloudEvent
from contracts.queries import GetDocument, GetJob, GetTree, ListChunks, ListEntities, ListFacts
from services.extraction import projections
from services.extraction.loops.analysing import Analysing
from services.extraction.loops.documents import Analyst, Documents
from services.extraction.loops.ordering import Ordering
from services.extraction.loops.reading import Reading
from services.kit.bus import Bus
from services.kit.postgres import Database, rows
from tests import examples
from tests.services import Talk, sealed
from tests.stack import Servers, eventually

MARKDOWN, PLAIN, PDF = "text/markdown", "text/plain", "application/pdf"
FINAL = ("completed", "empty", "failed")
BUILT_IN = Analysing()


async def ingested(talk: Talk, content: bytes, media_type: str = MARKDOWN, **fields: Any) -> IngestDocument:
    """A document that memory has taken in."""
    name = str(uuid4())
    nuid = await talk.operator.bus.put_object(subjects.BLOBS_BUCKET, name, content)
    given = fields | {"blob": Blob(name=name, nuid=nuid), "media_type": media_type}
    command = examples.ingest(talk.workspace_id, content, **given)
    answer = await talk.order(command)
    assert "body" in answer, answer
    return command


async def job_of(talk: Talk, document: IngestDocument) -> dict[str, Any]:
    found: dict[str, Any] = await talk.ask(GetJob(workspace_id=talk.workspace_id, job_id=document.job_id))
    return found


async def made_of(talk: Talk, document: IngestDocument) -> dict[str, Any]:
    """All that users can read of a document."""
    about = {"workspace_id": talk.workspace_id, "document_id": document.document_id}
    return {
        "document": await talk.ask(GetDocument(**about)),
        "tree": await talk.ask(GetTree(**about)),
        "chunks": await talk.ask(ListChunks(**about, limit=500)),
        "facts": await talk.ask(ListFacts(**about, limit=500)),
        "entities": await talk.ask(ListEntities(**about, limit=500)),
    }


@dataclass
class Rig:
    talk: Talk
    database: Database
    loops: Database
    bus: Bus

    def documents(
        self, analyst: Analyst = BUILT_IN, *, is_pdf: bool = False, ordering: Ordering | None = None
    ) -> Documents:
        """As a process has them that has just begun."""
        reading, ordering = Reading(self.bus), ordering or Ordering(self.bus)
        return Documents(self.database, self.loops, reading, ordering, analyst, is_pdf=is_pdf)

    async def hear(self, talk: Talk | None = None) -> None:
        """All that has happened in a workspace, once more."""
        talk = talk or self.talk
        for each in await talk.log():
            event = CloudEvent.model_validate(each)
            if (asked := projections.asked_by(event)) is not None:
                await projections.apply(self.database, talk.workspace_id, asked)

    async def until_done(self, document: IngestDocument, documents: Documents) -> dict[str, Any]:
        """The job, once it has come to an end."""

        async def done() -> bool:
            await documents.do_next(self.talk.workspace_id)
            return (await job_of(self.talk, document))["status"] in FINAL

        await eventually(done, "the end of a document's job")
        return await job_of(self.talk, document)

    async def worked(self, content: bytes, media_type: str = MARKDOWN, **fields: Any) -> tuple[IngestDocument, Any]:
        """A document and its job, which has come to an end."""
        document = await ingested(self.talk, content, media_type, **fields)
        await self.hear()
        return document, await self.until_done(document, self.documents(is_pdf=media_type == PDF))

    async def rows(self, statement: str) -> list[dict[str, Any]]:
        async with self.database.transaction(self.talk.workspace_id) as connection:
            return await rows(connection, statement, {})


@asynccontextmanager
async def rigged(talk: Talk, servers: Servers) -> AsyncIterator[Rig]:
    bus = Bus(servers.nats_url("extraction"), "extraction")
    pools = [sealed(servers, it, "extraction", size_max=2) for it in ("weft_extraction", "weft_extraction_loops")]
    for pool in pools:
        await pool.open()
    await bus.connect()
    try:
        yield Rig(talk, pools[0], pools[1], bus)
    finally:
        await bus.stop()
        for pool in pools:
            await pool.close()
