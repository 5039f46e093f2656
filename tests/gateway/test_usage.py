"""What a workspace uses, told also while half of the services are away; and exports that leave a trace first."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx2
import pytest

from contracts.accounts import Identify
from contracts.commands import RecordExport
from contracts.queries import CountContents, Export, GetExtractionUsage, GetUsage
from contracts.replies import Exported, Measured, MemoryUsage, ModelCalls, ServiceUsage
from services.gateway.api.usage import month_of
from tests.gateway.conftest import WORKSPACE
from tests.gateway.played import Played, playing, refusing
from tests.gateway.test_portal import bearer, identified
from tests.stack import Servers

HELD = MemoryUsage(
    plan="free", memory_limit=500, contents={"memories": Measured(count=7, added=2)}, log_bytes=10, read_model_bytes=20
)
COST = ModelCalls(calls=3, input_tokens=40, output_tokens=5, cost=0.25)


@pytest.fixture
async def memory(servers: Servers, token: str) -> AsyncIterator[Played]:
    async with playing(servers, "memory", Identify, GetUsage, CountContents, Export) as played:
        played.answers = {Identify: identified("member"), GetUsage: HELD, CountContents: {"memories": 7}}
        played.answers[Export] = Exported(lines=(), after=None)
        yield played


async def test_a_part_whose_service_is_away_is_null_and_the_rest_is_told(
    servers: Servers, memory: Played, http: httpx2.AsyncClient
) -> None:
    async with playing(servers, "extraction", GetExtractionUsage) as extraction:
        extraction.answers = {GetExtractionUsage: ServiceUsage(bytes=30, this_period=ModelCalls(), in_all=COST)}
        answer = await http.get("/v1/usage", headers={**bearer(), "X-Tenant-Id": WORKSPACE})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["memories"] == {"count": 7, "this_period": 2, "limit": 500}
    assert told["documents"] == {"count": 0, "this_period": 0, "limit": None}
    assert told["model_calls"]["extraction"]["in_all"] == COST.model_dump()
    assert told["model_calls"]["judgements"] == {"this_period": None, "in_all": None}
    assert told["storage"] == {"log": 10, "read_model": 20, "index": None, "graph": None, "extraction": 30}
    (asked,) = memory.asked(GetUsage)
    assert (asked.workspace_id, asked.since.isoformat()) == (WORKSPACE, told["period"]["start"].replace("Z", "+00:00"))


@pytest.mark.parametrize(("refused", "status"), [(False, 200), (True, 404)])
async def test_an_export_that_is_not_on_record_does_not_begin(
    memory: Played, http: httpx2.AsyncClient, refused: bool, status: int
) -> None:
    memory.answers[RecordExport] = refusing("unknown_workspace") if refused else None
    answer = await http.get("/api/v1/export", params={"namespaces": "team"})
    assert answer.status_code == status
    assert ('"kind":"export"' in answer.text) is not refused
    (recorded,) = memory.asked(RecordExport)
    assert (recorded.namespaces, recorded.counts) == (("team",), {"memories": 7})


@pytest.mark.parametrize(
    ("moment", "start", "end"),
    [((2026, 12, 31), (2026, 12, 1), (2027, 1, 1)), ((2026, 2, 1), (2026, 2, 1), (2026, 3, 1))],
)
def test_a_period_is_a_calendar_month(
    moment: tuple[int, int, int], start: tuple[int, int, int], end: tuple[int, int, int]
) -> None:
    assert month_of(datetime(*moment, tzinfo=UTC)) == (datetime(*start, tzinfo=UTC), datetime(*end, tzinfo=UTC))
