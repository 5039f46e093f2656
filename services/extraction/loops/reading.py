"""What extraction asks: a job, its session with all that was observed or its document, and what is known already."""

from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from contracts import subjects
from contracts.commands import MemoryDraft
from contracts.queries import (
    Filters,
    GetDocument,
    GetJob,
    GetMemories,
    GetNearDuplicates,
    GetSession,
    ListMemories,
    Question,
    ReadContent,
    ReadObservations,
    SearchMemories,
)
from services.extraction.distil import Observation, Session
from services.extraction.injected import lines_of, without_injected
from services.extraction.merging import query_for
from services.kit.bus import Bus

ASK_TIMEOUT_S = 5.0
PAGE = 100
OBSERVATIONS_MAX = 10_000
"""Of a longer session, the first."""
HITS = 5


class Reading:
    """Answers to nobody's grants, except in searches: they see the session's namespace alone. All raise Unavailable."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def job(self, workspace_id: str, job_id: str) -> dict[str, Any] | None:
        """contracts.replies.Job, as JSON; None where there is none."""
        found: dict[str, Any] | None = await self._ask(GetJob(workspace_id=workspace_id, job_id=job_id))
        return found

    async def session(self, workspace_id: str, session_id: str) -> Session | None:
        """As the extractor reads it, without what Weft injected; None where there is none."""
        found = await self._ask(GetSession(workspace_id=workspace_id, session_id=session_id))
        if found is None:
            return None
        given = tuple(it["memory_id"] for it in found["injected"])
        lines = lines_of(await self._memories(workspace_id, given))
        observed = await self._observations(workspace_id, session_id)
        return Session(
            session_id=session_id,
            summary=without_injected(found["summary"], lines) if found["summary"] else None,
            project_path=found["project_path"],
            observations=[_observation(it, lines) for it in observed],
        )

    async def document(self, workspace_id: str, document_id: str) -> dict[str, Any] | None:
        """contracts.replies.Document, as JSON; None where there is none."""
        asked = GetDocument(workspace_id=workspace_id, document_id=document_id)
        found: dict[str, Any] | None = await self._ask(asked)
        return found

    async def content(self, workspace_id: str, document_id: str, version: int) -> bytes | None:
        """The bytes of a document's version; None where they are not kept any more."""
        content = bytearray()
        for part in count():
            asked = ReadContent(workspace_id=workspace_id, document_id=document_id, version=version, part=part)
            found = await self._ask(asked)
            if found is None:
                return None
            content += b64decode(found["data"])
            if part + 1 >= found["parts"]:
                break
        return bytes(content)

    async def similar(self, workspace_id: str, namespace: str, draft: MemoryDraft) -> list[dict[str, Any]]:
        """The memories of that namespace and of the draft's type that a search for its text finds, best first."""
        question = SearchMemories(
            workspace_id=workspace_id,
            readable=(namespace,),
            query=query_for(draft),
            filters=Filters(memory_types=(draft.memory_type,)),
            limit=HITS,
        )
        hits: list[dict[str, Any]] = (await self._ask(question))["results"]
        return hits

    async def memories(self, workspace_id: str, memory_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Each that is there as GetMemories answers it, by id."""
        found: list[dict[str, Any]] = []
        for start in range(0, len(memory_ids), PAGE):
            page = tuple(memory_ids[start : start + PAGE])
            found += await self._ask(GetMemories(workspace_id=workspace_id, memory_ids=page))
        return {each["memory"]["memory_id"]: each for each in found}

    async def general(self, workspace_id: str, namespace: str, offset: int) -> list[dict[str, Any]]:
        """A page of a namespace's memories of type `general`, the oldest first; none beyond the last."""
        question = ListMemories(
            workspace_id=workspace_id,
            readable=(namespace,),
            memory_type="general",
            ordering="created_at",
            limit=PAGE,
            offset=offset,
        )
        page: list[dict[str, Any]] = await self._ask(question)
        return page

    async def near_duplicates(self, workspace_id: str, namespace: str) -> list[tuple[str, str, float]]:
        """All pairs of a namespace's memories that say nearly the same, with their cosine."""
        pairs, after = dict[tuple[str, str], float](), ""
        while True:
            question = GetNearDuplicates(workspace_id=workspace_id, namespace=namespace, after=after)
            page = await self._ask(question)
            pairs |= {(it["one"], it["other"]): it["similarity"] for it in page["pairs"]}
            if page["next"] is None:
                return [(*ends, cosine) for ends, cosine in pairs.items()]
            after = page["next"]

    async def _observations(self, workspace_id: str, session_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < OBSERVATIONS_MAX:
            page = await self._ask(
                ReadObservations(workspace_id=workspace_id, session_id=session_id, first=len(found), limit=PAGE)
            )
            found += page
            if len(page) < PAGE:
                break
        return found

    async def _memories(self, workspace_id: str, memory_ids: tuple[str, ...]) -> list[dict[str, Any]]:
        if not memory_ids:
            return []
        found = await self._ask(GetMemories(workspace_id=workspace_id, memory_ids=memory_ids))
        return [each["memory"] for each in found]

    async def _ask(self, question: Question) -> Any:
        """The body of the answer; None for a refusal."""
        return (await self._bus.ask(subjects.query(question), question, ASK_TIMEOUT_S)).get("body")


def _observation(observed: dict[str, Any], lines: tuple[str, ...]) -> Observation:
    return Observation(
        id=observed["observation_id"],
        kind=observed["kind"],
        content=without_injected(observed["content"], lines),
        files=tuple(observed["files"]),
        at=datetime.fromisoformat(observed["at"]),
        author="user" if observed["metadata"].get("role") == "user" else "",
    )
