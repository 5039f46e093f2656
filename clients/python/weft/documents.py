"""Documents and what was read out of them; questions across documents and memories."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from weft.calls import Call, E, Form, Group, Pages, listing, model, models, nothing, operation, said
from weft.document_models import (
    Chunk,
    Document,
    Entity,
    Fact,
    Found,
    IngestedDocument,
    QueryAnswer,
    Tree,
)
from weft.words import FactKind, QueryMode

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
    ) -> Call[IngestedDocument]:
        """Text or Markdown. With the `source_id` of an earlier one it becomes that one's next version."""
        return Call("POST", f"{ROOT}/ingest", model(IngestedDocument), json=said(locals()), face="data_b")

    @operation
    def ingest_file(
        self,
        file: Path,
        *,
        title: str | None = None,
        source_id: str | None = None,
        namespace: str | None = None,
    ) -> Call[IngestedDocument]:
        """Text, Markdown or PDF; at most 10 MiB."""
        fields = {name: value for name, value in said(locals(), "file").items() if value is not None}
        form = Form(file.name, file.read_bytes(), fields)
        return Call("POST", f"{ROOT}/ingest", model(IngestedDocument), body=form, face="data_b")

    @operation
    def get(self, document_id: str) -> Call[Document]:
        return Call("GET", f"{ROOT}/{document_id}", model(Document), face="data_b")

    @listing
    def list(
        self, *, namespaces: Sequence[str] | None = None, limit: int | None = None, offset: int = 0
    ) -> Pages[Document]:
        """The newest first."""
        params = {"namespaces": namespaces}
        return Pages(Call("GET", ROOT, models(Document), params=params, face="data_b"), limit, offset)

    @listing
    def chunks(self, document_id: str, *, limit: int | None = None, offset: int = 0) -> Pages[Chunk]:
        """In the document's order."""
        return Pages(Call("GET", f"{ROOT}/{document_id}/chunks", models(Chunk), face="data_b"), limit, offset)

    @operation
    def tree(self, document_id: str) -> Call[Tree]:
        """Its sections."""
        return Call("GET", f"{ROOT}/{document_id}/tree", model(Tree), face="data_b")

    @operation
    def update(
        self, document_id: str, *, title: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> Call[Document]:
        """What is None stays."""
        body = said(locals(), "document_id")
        return Call("PATCH", f"{ROOT}/{document_id}", model(Document), json=body, face="data_b")

    @operation
    def delete(self, document_id: str) -> Call[None]:
        """With its chunks and facts, for good."""
        return Call("DELETE", f"{ROOT}/{document_id}", nothing, face="data_b")


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
        """`fast`: what is found; `rich`: with neighbours, sections and facts, and where a model is there, an answer."""
        return Call("POST", "/v1/query", model(QueryAnswer), json=said(locals()), face="data_b")

    @operation
    def search_all(self, q: str, *, limit: int | None = None, namespaces: Sequence[str] | None = None) -> Call[Found]:
        """Memories and chunks of documents, best first."""
        return Call("GET", "/v1/search", model(Found), params=said(locals()), face="data_b")

    @listing
    def facts(
        self,
        *,
        kind: FactKind | None = None,
        document_id: str | None = None,
        namespaces: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> Pages[Fact]:
        params = {"kind": kind, "document_id": document_id, "namespaces": namespaces}
        return Pages(Call("GET", "/v1/facts", models(Fact, "facts"), params=params, face="data_b"), limit)

    @listing
    def entities(
        self, *, document_id: str | None = None, namespaces: Sequence[str] | None = None, limit: int | None = None
    ) -> Pages[Entity]:
        params = {"document_id": document_id, "namespaces": namespaces}
        return Pages(Call("GET", "/v1/entities", models(Entity, "entities"), params=params, face="data_b"), limit)
