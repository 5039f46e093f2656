"""Memories: store, read, search, change, delete, rate."""

from collections.abc import Sequence

from weft.calls import Call, E, Group, Pages, at, listing, model, models, nothing, operation, said
from weft.models import Deleted, Hit, Memory, MemoryDetail, Rating, SearchAnswer, WrittenMemory
from weft.words import MemoryType, Ordering

ROOT = "/api/v1/memories"


class Memories(Group[E]):
    @operation
    def store(
        self,
        title: str,
        narrative: str,
        *,
        memory_type: MemoryType | None = None,
        tags: Sequence[str] | None = None,
        concepts: Sequence[str] | None = None,
        source_files: Sequence[str] | None = None,
        importance_score: float | None = None,
        confidence_score: float | None = None,
        namespace: str | None = None,
    ) -> Call[WrittenMemory]:
        """Stored, and on disk. Without `namespace` it goes to the key's default one."""
        return Call("POST", f"{ROOT}/store", model(WrittenMemory), json=said(locals()))

    @operation
    def get(self, memory_id: str) -> Call[MemoryDetail]:
        """With its relationships. Counts no access."""
        return Call("GET", at(ROOT, memory_id), model(MemoryDetail))

    @listing
    def list(
        self,
        *,
        memory_type: MemoryType | None = None,
        ordering: Ordering | None = None,
        namespaces: Sequence[str] | None = None,
        pruning_candidates: bool | None = None,
        consolidated: bool | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> Pages[Memory]:
        """The most important first, or as `ordering` says; `limit` of them from `offset` on, or all."""
        params = {
            "memory_type": memory_type,
            "ordering": ordering,
            "namespace": namespaces,
            "pruning_candidates": pruning_candidates,
            "consolidated": consolidated,
        }
        return Pages(Call("GET", f"{ROOT}/", models(Memory), params=params), limit, offset)

    @operation
    def search(
        self,
        query: str = "",
        *,
        memory_types: Sequence[MemoryType] | None = None,
        tags: Sequence[str] | None = None,
        tag_prefixes: Sequence[str] | None = None,
        files: Sequence[str] | None = None,
        min_importance: float | None = None,
        min_confidence: float | None = None,
        namespaces: Sequence[str] | None = None,
        use_semantic: bool = True,
        limit: int = 20,
        offset: int = 0,
    ) -> Call[SearchAnswer]:
        """By meaning and by word, best first; with an empty query what the filters leave, the most important first."""
        return Call("POST", f"{ROOT}/search", model(SearchAnswer), json=said(locals()))

    @operation
    def update(
        self,
        memory_id: str,
        *,
        if_match: int | None = None,
        title: str | None = None,
        narrative: str | None = None,
        memory_type: MemoryType | None = None,
        tags: Sequence[str] | None = None,
        concepts: Sequence[str] | None = None,
        source_files: Sequence[str] | None = None,
        importance_score: float | None = None,
        confidence_score: float | None = None,
    ) -> Call[WrittenMemory]:
        """What is None stays. `if_match` is the revision that it must still have: PreconditionFailed otherwise."""
        return Call(
            "PATCH",
            at(ROOT, memory_id),
            model(WrittenMemory),
            json=said(locals(), "memory_id", "if_match"),
            if_match=if_match,
        )

    @operation
    def delete(self, memory_id: str, *, if_match: int | None = None) -> Call[None]:
        """For good: it leaves no content behind."""
        return Call("DELETE", at(ROOT, memory_id), nothing, if_match=if_match)

    @operation
    def delete_many(self, memory_ids: Sequence[str]) -> Call[Deleted]:
        """At most 100; what is not there is passed over."""
        return Call("POST", f"{ROOT}/batch-delete", model(Deleted), json={"memory_ids": memory_ids})

    @operation
    def record_access(self, memory_id: str) -> Call[Memory]:
        """Says that it was opened."""
        return Call("POST", at(ROOT, memory_id, "access"), model(Memory))

    @operation
    def record_retrieval(self, memory_id: str) -> Call[Memory]:
        """Says that it was among the results of a search."""
        return Call("POST", at(ROOT, memory_id, "retrieval"), model(Memory))

    @operation
    def rate(self, memory_id: str, *, useful: bool, context: str | None = None) -> Call[Rating]:
        """Importance rises by 0.02 or falls by 0.05."""
        return Call("POST", at(ROOT, memory_id, "feedback"), model(Rating), json=said(locals(), "memory_id"))

    @operation
    def unconsolidate(self, memory_id: str) -> Call[Memory]:
        """Takes apart what nightly work has folded into it."""
        return Call("POST", at(ROOT, memory_id, "unconsolidate"), model(Memory))

    @operation
    def related(
        self,
        memory_id: str,
        *,
        limit: int | None = None,
        similarity_threshold: float | None = None,
        namespaces: Sequence[str] | None = None,
    ) -> Call[Sequence[Hit]]:
        """Of similar meaning, the nearest first."""
        params = {"limit": limit, "similarity_threshold": similarity_threshold, "namespace": namespaces}
        return Call("GET", at(ROOT, memory_id, "related"), models(Hit), params=params)
