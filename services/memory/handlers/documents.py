"""Questions about documents and what is made of them."""

from base64 import b64encode

from contracts import subjects
from contracts.queries import (
    GetChunks,
    GetDocument,
    GetTree,
    ListChunks,
    ListDocuments,
    ListEntities,
    ListFacts,
    ReadContent,
)
from contracts.replies import ContentPart, Refusal, Reply
from services.kit.bus import Bus
from services.kit.postgres import Connection, Database
from services.memory.decisions import answers
from services.memory.decisions.documents import unknown_document
from services.memory.store import documents, passages


class DocumentQueries:
    """One method a question; each answers with a Reply."""

    def __init__(self, database: Database):
        self._database = database

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.query(ListDocuments), ListDocuments)(self.browse)
        bus.on_query(subjects.query(GetDocument), GetDocument)(self.get)
        bus.on_query(subjects.query(GetTree), GetTree)(self.tree)
        bus.on_query(subjects.query(ListChunks), ListChunks)(self.chunks)
        bus.on_query(subjects.query(GetChunks), GetChunks)(self.get_chunks)
        bus.on_query(subjects.query(ReadContent), ReadContent)(self.content)
        bus.on_query(subjects.query(ListFacts), ListFacts)(self.facts)
        bus.on_query(subjects.query(ListEntities), ListEntities)(self.entities)

    async def browse(self, asked: ListDocuments) -> Reply:
        page = await self._database.read(asked.workspace_id, lambda it: documents.browse(it, asked))
        return Reply(body=[answers.document(asked.workspace_id, found, job) for found, job in page])

    async def get(self, asked: GetDocument) -> Reply:
        async def work(connection: Connection) -> Reply:
            found = await documents.find(connection, asked.workspace_id, asked.document_id, asked.readable)
            if found is None:
                return Reply(refusal=unknown_document(asked.document_id))
            return Reply(body=answers.document(asked.workspace_id, *found))

        return await self._database.read(asked.workspace_id, work)

    async def tree(self, asked: GetTree) -> Reply:
        async def work(connection: Connection) -> Reply:
            if await documents.find(connection, asked.workspace_id, asked.document_id, asked.readable) is None:
                return Reply(refusal=unknown_document(asked.document_id))
            return Reply(body=await passages.sections(connection, asked.workspace_id, asked.document_id))

        return await self._database.read(asked.workspace_id, work)

    async def chunks(self, asked: ListChunks) -> Reply:
        async def work(connection: Connection) -> Reply:
            if await documents.find(connection, asked.workspace_id, asked.document_id, asked.readable) is None:
                return Reply(refusal=unknown_document(asked.document_id))
            page = (asked.workspace_id, asked.document_id, asked.limit, asked.offset)
            return Reply(body=await passages.chunks(connection, *page))

        return await self._database.read(asked.workspace_id, work)

    async def get_chunks(self, asked: GetChunks) -> Reply:
        return Reply(body=await self._database.read(asked.workspace_id, lambda it: passages.get_chunks(it, asked)))

    async def content(self, asked: ReadContent) -> Reply:
        """As long as it is kept: of the newest version, and of the ready one."""
        place = (asked.workspace_id, asked.document_id, asked.version, asked.part)
        found = await self._database.read(asked.workspace_id, lambda it: documents.read_content(it, *place))
        if found is None:
            detail = f"There is no part {asked.part} of version {asked.version} of document '{asked.document_id}'."
            return Reply(refusal=Refusal(code="content_missing", detail=detail))
        part, parts = found
        return Reply(
            body=ContentPart(
                document_id=asked.document_id,
                version=asked.version,
                part=asked.part,
                parts=parts,
                data=b64encode(part).decode(),
            )
        )

    async def facts(self, asked: ListFacts) -> Reply:
        return Reply(body=await self._database.read(asked.workspace_id, lambda it: passages.facts(it, asked)))

    async def entities(self, asked: ListEntities) -> Reply:
        return Reply(body=await self._database.read(asked.workspace_id, lambda it: passages.entities(it, asked)))
