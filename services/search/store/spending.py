"""What an embedding endpoint was asked, by workspace and month: kept on DERIVED, a message for each workspace."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import structlog
from pydantic import ValidationError

from contracts import subjects
from contracts.base import now
from contracts.replies import EmbeddingCalls, ModelCalls
from services.kit import telemetry
from services.kit.bus import Bus
from services.kit.errors import NotStored, Transient

logger = structlog.get_logger()

TOKENS = telemetry.Counter(
    "weft.embedding.tokens", "Tokens that an embedding endpoint was asked about, estimated", [{}]
)

CHARACTERS_PER_TOKEN = 4
FLUSH_EVERY_S = 10.0


class Spending:
    """What was counted since the last flush is lost with the process: some seconds of searches."""

    def __init__(self, bus: Bus):
        self._bus = bus
        self._counted: dict[str, ModelCalls] = {}

    def count(self, workspace_id: str, texts: Iterable[str]) -> None:
        """One more batch of texts was embedded. Tokens are estimated."""
        tokens = sum(len(text) // CHARACTERS_PER_TOKEN + 1 for text in texts)
        if tokens:
            TOKENS.add(tokens)
            before = self._counted.get(workspace_id, ModelCalls())
            self._counted[workspace_id] = _added(before, ModelCalls(calls=1, input_tokens=tokens))

    async def run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY_S)
            await self.flush()

    async def flush(self) -> None:
        """What can't be kept at present is kept with the next."""
        counted, self._counted = self._counted, {}
        for workspace_id, calls in counted.items():
            try:
                await self._keep(workspace_id, calls)
            except Transient as fault:
                logger.warning("calls are yet to be counted", workspace_id=workspace_id, fault=str(fault))
                self._counted[workspace_id] = _added(self._counted.get(workspace_id, ModelCalls()), calls)

    async def usage(self, workspace_id: str, since: datetime) -> tuple[ModelCalls, ModelCalls]:
        """Since the first day of that month, and ever. Raises Unavailable."""
        said, _ = await self._said(workspace_id)
        counted, this_month = self._counted.get(workspace_id, ModelCalls()), _month(since)
        in_all, period = counted, counted
        for month, calls in said.items():
            in_all = _added(in_all, calls)
            period = _added(period, calls) if month >= this_month else period
        return period, in_all

    async def _keep(self, workspace_id: str, calls: ModelCalls) -> None:
        """In the place of what was there, and of nothing else: another process may count too."""
        said, sequence = await self._said(workspace_id)
        months = defaultdict(ModelCalls, said)
        months[_month(now())] = _added(months[_month(now())], calls)
        kept = EmbeddingCalls(workspace_id=workspace_id, months=months)
        headers = {"Nats-Expected-Last-Subject-Sequence": str(sequence)}
        await self._bus.publish(subjects.embedding_calls(workspace_id), kept.model_dump_json().encode(), headers)

    async def _said(self, workspace_id: str) -> tuple[dict[str, ModelCalls], int]:
        """What is kept, and where it is on the stream (0: nowhere)."""
        found = await self._bus.newest(subjects.DERIVED_STREAM, subjects.embedding_calls(workspace_id))
        if found is None:
            return {}, 0
        try:
            return EmbeddingCalls.model_validate_json(found.data or b"").months, int(found.seq or 0)
        except ValidationError:
            raise NotStored("calls that make no sense") from None


def _added(one: ModelCalls, other: ModelCalls) -> ModelCalls:
    return ModelCalls(calls=one.calls + other.calls, input_tokens=one.input_tokens + other.input_tokens)


def _month(moment: datetime) -> str:
    return f"{moment:%Y-%m}"
