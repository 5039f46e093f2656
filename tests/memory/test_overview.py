"""What a workspace has and does, and how far its readers are. Of the services only memory runs here."""

from datetime import UTC, datetime

from contracts import subjects
from contracts.queries import GetOverview
from services.memory.handlers.overview import READERS
from tests import examples
from tests.services import Talk
from tests.stack import eventually


async def overview(memory: Talk, **asked: object) -> dict[str, object]:
    found: dict[str, object] = await memory.ask(
        GetOverview.model_validate({"workspace_id": memory.workspace_id, **asked})
    )
    return found


async def test_what_is_there_is_counted_by_type_status_and_day(memory: Talk) -> None:
    for kind in ("decision", "decision", "incident"):
        await memory.order(examples.store(memory.workspace_id, examples.a_draft(memory_type=kind)))
    started = examples.start_session(memory.workspace_id)
    await memory.order(started)
    await memory.order(examples.observe(memory.workspace_id, started.session_id, examples.an_observation()))
    await memory.order(examples.start_session(memory.workspace_id))
    await memory.order(examples.end_session(memory.workspace_id, started.session_id))
    found = await overview(memory, days=7)
    assert found["memories"] == {"decision": 2, "incident": 1}
    assert found["sessions"] == {"active": 1, "ended": 1}
    assert found["jobs"] == {"extraction": {"queued": 1}}
    days = found["days"]
    assert isinstance(days, list)
    assert len(days) == 7
    assert [day["day"] for day in days] == sorted(day["day"] for day in days)
    said = [day for day in days if day["memories"]]
    assert {key: sum(day[key] for day in said) for key in ("sessions", "observations", "documents")} == {
        "sessions": 2,
        "observations": 1,
        "documents": 0,
    }
    assert said[-1]["day"] <= datetime.now(UTC).date().isoformat()


async def test_only_what_the_asker_may_read_is_counted(memory: Talk) -> None:
    await memory.order(examples.store(memory.workspace_id))
    await memory.order(examples.start_session(memory.workspace_id))
    found = await overview(memory, readable=("other",))
    assert (found["memories"], found["sessions"], found["jobs"]) == ({}, {}, {})


async def test_a_reader_that_does_not_run_is_behind_by_all_it_should_have_heard(memory: Talk) -> None:
    commands = [examples.store(memory.workspace_id) for _ in range(3)]
    for command in commands:
        await memory.order(command)

    async def published() -> bool:
        return (await overview(memory))["log"] == {"head": head, "published": head}

    head = len(await memory.log())
    await eventually(published, "all to be published")
    behind = (await overview(memory))["behind"]
    assert behind == {"search": 3, "graph": head, "extraction": 0}  # extraction does not hear of memories
    assert tuple(behind) == READERS


async def test_what_was_parked_is_counted_by_service_and_in_its_workspace_alone(memory: Talk) -> None:
    for service, workspace_id in (
        ("search", memory.workspace_id),
        ("search", memory.workspace_id),
        ("graph", memory.workspace_id),
        ("search", examples.a_workspace_id()),
    ):
        await memory.operator.bus.publish(subjects.parked(service, workspace_id), b"{}", {})
    assert (await overview(memory))["parked"] == {"search": 2, "graph": 1}
