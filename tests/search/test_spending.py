"""What an embedding endpoint was asked is counted by month, also by two processes at once."""

from datetime import UTC, datetime

from contracts.base import now
from services.kit.bus import Bus
from services.search.store.spending import Spending
from tests import examples
from tests.stack import Servers


async def test_calls_are_counted_by_workspace_and_month_and_by_all_processes_together(servers: Servers) -> None:
    bus, workspace_id, month = Bus(servers.nats_url("search"), "search"), examples.a_workspace_id(), now()
    await bus.connect()
    one, other = Spending(bus), Spending(bus)
    one.count(workspace_id, ["four" * 9, "x"])
    one.count(workspace_id, [])
    other.count(workspace_id, ["eight ch"])
    other.count(examples.a_workspace_id(), ["somebody else's"])
    for each in (one, other):
        await each.flush()
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    period, in_all = await one.usage(workspace_id, start)
    assert (in_all.calls, in_all.input_tokens) == (2, 10 + 1 + 3)
    assert period == in_all
    later, still = await other.usage(workspace_id, datetime(month.year + 1, month.month, 1, tzinfo=UTC))
    assert (later.calls, still) == (0, in_all)
    await bus.stop()
