"""Documents and what is read out of them; questions across documents and memories."""

from collections.abc import Mapping, Sequence
from json import dumps
from pathlib import Path
from typing import Any

from weft.calls import Call, E, Form, Group, Pages, at, listing, model, models, nothing, operation, said
from weft.document_models import Chunk, Document, Entity, Fact, IngestedDocument, QueryAnswer, Section
from weft.words import EntityKind, FactKind, QueryMode, TextType

ROOT = "/v1/documents"


class Documents(Group[E]):
    @operation
    def ingest(
        self,
        content: str,
        *,
        title: str | None = None,
        source_id: str | None = None,
        namespace: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        content_type: TextType | None = None,
    ) -> Call[IngestedDocument]:
        """Markdown, or as `content_type` says. With an earlier one's `source_id` it is that one's next version."""
        return Call("POST", f"{ROOT}/ingest", model(IngestedDocument), json=said(locals()), face="data_b")

    @operation
    def ingest_file(
        self,
        file: Path,
        *,
        title: str | None = None,
        source_id: str | None = None,
        namespace: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        content_type: TextType | None = None,
    ) -> Call[IngestedDocument]:
        """Text, Markdown or PDF, by the file's name or as `content_type` says; at most 10 MiB. Raises OSError."""
        given = {"title": title, "source_id": source_id, "namespace": namespace, "content_type": content_type}
        fields = {name: value for name, value in given.items() if value is not None}
        if metadata is not None:
            fields["metadata"] = dumps(metadata)
        form = Form(file.name, file.read_bytes(), fields)
        return Call("POST", f"{ROOT}/ingest", model(IngestedDocument), body=form, face="data_b")

    @operation
    def get(self, document_id: str) -> Call[Document]:
        return Call("GET", at(ROOT, document_id), model(Document), face="data_b")

    @listing
    def list(
        self, *, namespaces: Sequence[str] | None = None, limit: int | None = None, offset: int = 0
    ) -> Pages[Document]:
        """The newest first."""
        read = models(Document, "documents")
        return Pages(Call("GET", ROOT, read, params={"namespaces": namespaces}, face="data_b"), limit, offset)

    @listing
    def chunks(self, document_id: str, *, limit: int | None = None, offset: int = 0) -> Pages[Chunk]:
        """Of the ready version, in order."""
        path = at(ROOT, document_id, "chunks")
        return Pages(Call("GET", path, models(Chunk, "chunks"), face="data_b"), limit, offset)

    @operation
    def tree(self, document_id: str) -> Call[Sequence[Section]]:
        """The sections of the ready version, in the order of the text."""
        return Call("GET", at(ROOT, document_id, "tree"), models(Section, "sections"), face="data_b")

    @operation
    def update(
        self,
        document_id: str,
        *,
        title: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        if_match: int | None = None,
    ) -> Call[Document]:
        """What is None stays."""
        body = {"title": title, "metadata": metadata}
        path = at(ROOT, document_id)
        return Call("PATCH", path, model(Document), json=body, if_match=if_match, face="data_b")

    @operation
    def delete(self, document_id: str) -> Call[None]:
        """With its chunks, facts and entities, for good."""
        return Call("DELETE", at(ROOT, document_id), nothing, face="data_b")


class Questions(Group[E]):
    """Across documents and memories."""

    @operation
    def query(
        self,
        query: str,
        *,
        mode: QueryMode | None = None,
        synthesize: bool | None = None,
        max_results: int | None = None,
        namespaces: Sequence[str] | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> Call[QueryAnswer]:
        """`fast`: by meaning and by word. `rich`: also neighbours in the graph, sections and facts, and with
        `synthesize` an answer with citations, where the server has a model."""
        return Call("POST", "/v1/query", model(QueryAnswer), json=said(locals()), face="data_b")

    @operation
    def search_all(
        self, q: str, *, limit: int | None = None, namespaces: Sequence[str] | None = None
    ) -> Call[QueryAnswer]:
        """As `query` in mode `fast`, in one GET."""
        return Call("GET", "/v1/search", model(QueryAnswer), params=said(locals()), face="data_b")

    @listing
    def facts(
        self,
        *,
        kind: FactKind | None = None,
        document_id: str | None = None,
        namespaces: Sequence[str] | None = None,
        latest_only: bool | None = None,
        limit: int | None = None,
    ) -> Pages[Fact]:
        """What documents say, the newest document's first."""
        params = said(locals(), "limit")
        return Pages(Call("GET", "/v1/facts", models(Fact, "facts"), params=params, face="data_b"), limit)

    @listing
    def entities(
        self,
        *,
        kind: EntityKind | None = None,
        document_id: str | None = None,
        namespaces: Sequence[str] | None = None,
        latest_only: bool | None = None,
        limit: int | None = None,
    ) -> Pages[Entity]:
        """What documents speak of, the most mentioned first."""
        params = said(locals(), "limit")
        return Pages(Call("GET", "/v1/entities", models(Entity, "entities"), params=params, face="data_b"), limit)
