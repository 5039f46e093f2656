"""What the memory service gives for an export, and that what is imported is in its log as it is in its tables."""

import asyncio
from typing import Any, get_args

import pytest

from contracts.base import Grants
from contracts.commands import Command
from contracts.queries import Export, OfWorkspace
from contracts.transfer import ExportPart
from services.memory.store.transfer import OBSERVATIONS_BYTES_MAX
from tests import examples
from tests.memory.test_documents import sent
from tests.memory.unsealing import unsealed
from tests.services import Talk
from tests.stack import Servers

BOTH = Grants(read=("default", "secret"), write=("default", "secret"), default="default")


@pytest.fixture
async def with_secret(memory: Talk) -> Talk:
    """The workspace with a second namespace."""
    await done(memory, examples.create_namespace(memory.workspace_id, "secret"))
    return memory


async def export(memory: Talk, part: ExportPart, *readable: str) -> list[dict[str, Any]]:
    """All lines of a part, read to its end."""
    after: str | None = ""
    lines: list[dict[str, Any]] = []
    while after is not None:
        asked = Export(workspace_id=memory.workspace_id, part=part, readable=readable or ("default",), after=after)
        page = await memory.ask(asked)
        assert page["lines"] or page["after"] is None or part == "events"
        lines += page["lines"]
        after = page["after"]
    return lines


async def whole(memory: Talk, *readable: str) -> list[dict[str, Any]]:
    parts: tuple[ExportPart, ...] = get_args(ExportPart)
    return [line for part in parts if part != "events" for line in await export(memory, part, *readable)]


async def done(memory: Talk, *commands: Command) -> None:
    for answer in await asyncio.gather(*(memory.order(it) for it in commands)):
        assert answer.get("refusal") is None, answer


async def differences(memory: Talk) -> list[str]:
    found = await memory.operator.request("memory", "verify", OfWorkspace(workspace_id=memory.workspace_id))
    said: list[str] = found["differences"]
    return said


async def test_every_memory_is_in_an_export_once_however_many_pages_it_has(memory: Talk) -> None:
    stored = [examples.store(memory.workspace_id) for _ in range(450)]
    long = [examples.store(memory.workspace_id, examples.a_draft(narrative="é" * 60_000)) for _ in range(30)]
    await done(memory, *stored, *long)
    found = [line["memory_id"] for line in await export(memory, "memories")]
    assert found == sorted(it.memory_id for it in (*stored, *long))


async def test_only_what_may_be_read_is_exported_and_relationships_only_with_both_their_ends(with_secret: Talk) -> None:
    memory, ws = with_secret, with_secret.workspace_id
    shown, other, hidden = (examples.store(ws, namespace=it, grants=BOTH) for it in ("default", "default", "secret"))
    await done(memory, shown, other, hidden)
    ids = [it.memory_id for it in (shown, other, hidden)]
    await done(
        memory,
        examples.make_relationship(ws, ids[0], ids[1]),
        examples.make_relationship(ws, ids[0], ids[2], grants=BOTH),
        examples.start_session(ws, "shown"),
        examples.start_session(ws, "hidden", namespace="secret", grants=BOTH),
    )
    await done(memory, examples.observe(ws, "shown"), examples.observe(ws, "hidden", grants=BOTH))
    await done(memory, await sent(memory), await sent(memory, namespace="secret", grants=BOTH))
    lines = await whole(memory) + await export(memory, "events")
    assert hidden.memory_id not in str(lines)
    assert "secret" not in str(lines)
    assert "'hidden'" not in str(lines)
    kinds = [line["kind"] for line in lines]
    assert kinds == ["memory"] * 2 + ["relationship", "session", "observations"] + ["event"] * 7
    everything = await whole(memory, "default", "secret")
    assert len(everything) == 3 + 2 + 2 + 2
    assert "KeyIssued" not in str(await export(memory, "events", "default", "secret"))


async def test_long_observations_are_cut_into_lines_that_can_be_imported(memory: Talk) -> None:
    ws = memory.workspace_id
    await done(memory, examples.start_session(ws, "long"))
    seen = [examples.an_observation(content="\x01é" * 30_000, files=()) for _ in range(12)]
    for one in seen:
        await done(memory, examples.observe(ws, "long", one))
    lines = await export(memory, "observations")
    assert [it["observation_id"] for line in lines for it in line["observations"]] == [it.observation_id for it in seen]
    assert [line["first"] for line in lines] == [
        sum(len(each["observations"]) for each in lines[:place]) for place in range(len(lines))
    ]
    assert 3 <= len(lines) <= 12
    assert all(len(str(line["observations"])) < 3 * OBSERVATIONS_BYTES_MAX for line in lines)


async def test_what_is_imported_is_in_the_log_as_in_the_tables_and_comes_out_as_it_went_in(memory: Talk) -> None:
    ws = memory.workspace_id
    lines = [examples.a_memory_line(namespace="default", apart=place == 0) for place in range(20)]
    ids = [line.memory_id for line in lines]
    session = examples.a_session_line(namespace="default", metadata={"a": [1.5, "é"]})
    seen = [examples.an_observation() for _ in range(7)]
    related = examples.import_relationship(ws, ids[0], ids[1], context="Why.")
    folded = examples.import_consolidation(ws, ids[2], ids[3], ids[4], tags=["database", "pool"])
    await done(memory, *(examples.import_memory(ws, line) for line in lines), examples.import_session(ws, session))
    observed = examples.import_observations(ws, session, 0, *seen)
    await done(memory, related, folded, observed)
    expected = [line.model_dump(mode="json") for line in sorted(lines, key=lambda it: it.memory_id)]
    expected += [folded.line.model_dump(mode="json") | {"tags": []}]  # they have these tags by themselves
    expected += [it.line.model_dump(mode="json") for it in (related,)]
    expected += [session.model_dump(mode="json"), observed.line.model_dump(mode="json")]
    assert await whole(memory) == expected
    assert await differences(memory) == []
    await done(memory, examples.access(ws, ids[0]), examples.delete(ws, ids[4]))
    changed = await whole(memory)
    await memory.operator.request("memory", "rebuild", OfWorkspace(workspace_id=ws))
    assert await whole(memory) == changed
    assert await differences(memory) == []


async def test_a_deletion_leaves_nothing_of_what_was_imported(memory: Talk, memory_service: Servers) -> None:
    ws, sentinel = memory.workspace_id, f"sentinel-{examples.a_memory_id()}"
    kept, gone = (examples.a_memory_line(tags=tags) for tags in (["own"], ["own", sentinel]))
    await done(memory, *(examples.import_memory(ws, line) for line in (kept, gone)))
    await done(memory, examples.import_consolidation(ws, kept.memory_id, gone.memory_id, tags=[sentinel]))
    assert sentinel in (await memory.get(kept.memory_id))["tags"]
    await done(memory, examples.delete(ws, gone.memory_id))
    assert not [table for table, content in unsealed(memory_service, ws) if sentinel in content]
    assert sentinel not in str(await whole(memory))
    assert await differences(memory) == []
