"""What a workspace uses: how much there is in it, what models cost, how many bytes it takes."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from contracts.base import Moment, Plan, now, tenant_id
from contracts.queries import GetExtractionUsage, GetGraphUsage, GetIndexUsage, GetUsage, UsageQuestion
from contracts.replies import ModelCalls, ServiceUsage
from services.gateway.api.describing import answer, reads
from services.gateway.api.portal import SECURITY, Tenant, TenantCall
from services.gateway.api.wire.errors import json_response
from services.kit.errors import Unavailable

router = APIRouter(prefix="/v1", tags=["workspaces"])


class Period(BaseModel):
    """A month, UTC: `start` is in it, `end` is not."""

    start: Moment
    end: Moment


class Counted(BaseModel):
    count: int
    this_period: int = Field(description="Of these, what was added since the period began.")
    limit: int | None = Field(description="Of the plan; null where there is none.")


class Calls(BaseModel):
    """null where the service that knows does not answer at present."""

    this_period: ModelCalls | None
    in_all: ModelCalls | None


class Models(BaseModel):
    """Calls of models that somebody else runs. What the built-in ones do costs nothing and is not counted."""

    extraction: Calls = Field(description="About sessions and documents: each call that may have cost something.")
    judgements: Calls = Field(description="About pairs of memories that are much alike: each that was answered.")
    embeddings: Calls = Field(description="Of texts and queries; tokens are estimated, four characters each.")


class Storage(BaseModel):
    """Bytes. In Postgres those of the values as they are stored, without indexes and what a row costs beside them; of
    the index the files on the disk. Streams are not counted: what is on them is on its way, or is derived. null where
    the service that knows does not answer at present, or its engine does not say."""

    log: int = Field(description="Everything that happened, as the log keeps it.")
    read_model: int = Field(description="Memories, sessions and all else as it is now; answers kept for retries.")
    index: int | None = Field(description="The search index.")
    graph: int | None = Field(description="Relations, with the texts and vectors that they are found by.")
    extraction: int | None = Field(description="Work on sessions and documents, and the record of what models cost.")


class Usage(BaseModel):
    """Which month `this_period` is, is in `period`."""

    workspace_id: str
    tenant_id: UUID
    plan: Plan
    period: Period
    memories: Counted
    relationships: Counted
    sessions: Counted
    observations: Counted
    documents: Counted
    model_calls: Models
    storage: Storage


_NO_CALLS = {"calls": 0, "input_tokens": 0, "output_tokens": 0, "cost": None}
_NOTHING_COUNTED = {"count": 0, "added": 0}
_EXAMPLE: dict[str, Any] = {
    "workspace_id": "ws-3n6d1f8h0j2m",
    "tenant_id": "1e0f3a2b-7c6d-5e4f-9a8b-0c1d2e3f4a5b",
    "plan": "pro",
    "period": {"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"},
    "memories": {"count": 142, "this_period": 12, "limit": 10_000},
    "relationships": {"count": 17, "this_period": 3, "limit": None},
    "sessions": {"count": 31, "this_period": 4, "limit": None},
    "observations": {"count": 2_870, "this_period": 411, "limit": None},
    "documents": {"count": 0, "this_period": 0, "limit": None},
    "model_calls": {
        "extraction": {
            "this_period": {"calls": 6, "input_tokens": 41_200, "output_tokens": 3_100, "cost": 0.081},
            "in_all": {"calls": 44, "input_tokens": 301_500, "output_tokens": 22_900, "cost": 0.592},
        },
        "judgements": {
            "this_period": {"calls": 9, "input_tokens": 7_400, "output_tokens": 620, "cost": None},
            "in_all": {"calls": 9, "input_tokens": 7_400, "output_tokens": 620, "cost": None},
        },
        "embeddings": {"this_period": _NO_CALLS, "in_all": _NO_CALLS},
    },
    "storage": {
        "log": 1_240_512,
        "read_model": 1_622_016,
        "index": 2_359_296,
        "graph": 903_168,
        "extraction": 20_480,
    },
}


@router.get(
    "/usage",
    summary="What a workspace uses",
    responses={200: answer(Usage, "This month and in all.", _EXAMPLE), **reads(404, 422)},
    openapi_extra=SECURITY,
)
async def usage(call: Tenant) -> Response:
    """How much there is of what, what models cost, and how many bytes it takes, in this calendar month (UTC) and in
    all. Members may read it too. A part whose service does not answer is null; the others are told all the same."""
    start, end = month_of(now())
    asked = {"workspace_id": call.workspace_id, "since": start}
    held, extraction, graph, index = await asyncio.gather(
        call.ask(GetUsage(**asked)),
        _ask(call, GetExtractionUsage(**asked)),
        _ask(call, GetGraphUsage(**asked)),
        _ask(call, GetIndexUsage(**asked)),
    )
    limits, contents = {"memories": held["memory_limit"]}, held["contents"]
    told = {
        "workspace_id": call.workspace_id,
        "tenant_id": tenant_id(call.workspace_id),
        "plan": held["plan"],
        "period": {"start": start, "end": end},
        "model_calls": {"extraction": _calls(extraction), "judgements": _calls(graph), "embeddings": _calls(index)},
        "storage": {
            "log": held["log_bytes"],
            "read_model": held["read_model_bytes"],
            "index": _bytes(index),
            "graph": _bytes(graph),
            "extraction": _bytes(extraction),
        },
    }
    for kind in ("memories", "relationships", "sessions", "observations", "documents"):
        counted = contents.get(kind, _NOTHING_COUNTED)
        told[kind] = {"count": counted["count"], "this_period": counted["added"], "limit": limits.get(kind)}
    return json_response(Usage.model_validate(told).model_dump(mode="json"))


def month_of(moment: datetime) -> tuple[datetime, datetime]:
    """The first moment of its calendar month, UTC, and that of the next."""
    start = datetime(moment.year, moment.month, 1, tzinfo=UTC)
    following = (start.year + 1, 1) if start.month == 12 else (start.year, start.month + 1)
    return start, datetime(*following, 1, tzinfo=UTC)


async def _ask(call: TenantCall, question: UsageQuestion) -> ServiceUsage | None:
    """None where that service is away."""
    try:
        return ServiceUsage.model_validate(await call.ask(question))
    except Unavailable:
        return None


def _calls(said: ServiceUsage | None) -> dict[str, ModelCalls | None]:
    return {
        "this_period": None if said is None else said.this_period,
        "in_all": None if said is None else said.in_all,
    }


def _bytes(said: ServiceUsage | None) -> int | None:
    return None if said is None else said.bytes
