"""KEYS is what the tables say before anyone is answered, after a crash too; namespaces and keys survive a rebuild."""

import asyncio
from typing import Any
from uuid import UUID

import psycopg
import pytest

from contracts import subjects
from contracts.base import namespace_id
from contracts.commands import RevokeKey
from contracts.queries import AuditFilters, DescribeWorkspace, FindKey, ListAudit, ListKeys, ListNamespaces, OfWorkspace
from contracts.replies import StoredKey
from deploy.admin.bus import Refused, body
from services.kit.errors import NotStored
from services.memory.store import keys
from tests import examples
from tests.services import TIMEOUT_S, Talk, running
from tests.stack import Servers, eventually


async def held(talk: Talk, public_id: str) -> StoredKey | None:
    """What a gateway finds."""
    entry = (await keys.kept(talk.operator.bus, public_id)).entry
    return StoredKey.model_validate_json(entry) if entry else None


async def done(talk: Talk, command: Any) -> Any:
    answer = await talk.order(command)
    assert not answer.get("refusal"), answer
    return answer["body"]


async def issued(talk: Talk, **permissions: str) -> tuple[UUID, str]:
    """A key with these scopes: its id and its public id."""
    order = examples.issue_key(talk.workspace_id, scopes=examples.scopes(talk.workspace_id, **permissions))
    await done(talk, order)
    return order.key_id, order.public_id


async def test_a_key_is_known_everywhere_when_its_order_is_answered(memory: Talk) -> None:
    await done(memory, examples.create_namespace(memory.workspace_id))
    key_id, public_id = await issued(memory, default="rw", research="r")
    found = await held(memory, public_id)
    assert found is not None
    assert (found.key_id, found.workspace_id) == (key_id, memory.workspace_id)
    assert (found.read, found.write, found.default_namespace) == (("default", "research"), ("default",), "default")


async def test_a_rotated_key_is_dead_and_its_successor_alive_when_that_is_answered(memory: Talk) -> None:
    key_id, first = await issued(memory, default="rw")
    for _ in range(20):
        order = examples.rotate_key(memory.workspace_id, key_id)
        shown = await done(memory, order)
        assert await held(memory, first) is None
        assert await held(memory, order.public_id) is not None
        assert shown["prefix"] == f"wft_live_{order.public_id}"
        first = order.public_id


async def test_a_revoked_key_is_dead_when_that_is_answered_and_is_listed_no_more(memory: Talk) -> None:
    key_id, public_id = await issued(memory, default="rw")
    assert await done(memory, examples.revoke_key(memory.workspace_id, key_id)) is None
    assert await held(memory, public_id) is None
    listed = await memory.ask(ListKeys(workspace_id=memory.workspace_id))
    assert str(key_id) not in {each["key_id"] for each in listed}
    assert len(listed) == 1


async def test_an_archived_namespace_is_granted_to_nobody_until_it_is_restored(memory: Talk) -> None:
    await done(memory, examples.create_namespace(memory.workspace_id))
    made = [await issued(memory, default="rw", research="rw") for _ in range(5)]
    for status, read in (("archived", ("default",)), ("active", ("default", "research"))):
        await done(memory, examples.change_namespace(memory.workspace_id, status=status))
        for _, public_id in made:
            found = await held(memory, public_id)
            assert found is not None
            assert (found.read, found.write) == (read, read)


async def test_changes_of_one_key_at_once_leave_what_the_log_says_last(memory: Talk) -> None:
    key_id, _ = await issued(memory, default="rw")
    orders = [examples.rotate_key(memory.workspace_id, key_id) for _ in range(20)]
    await asyncio.gather(*(memory.order(each) for each in orders))
    (key,) = [it for it in await memory.ask(ListKeys(workspace_id=memory.workspace_id)) if it["key_id"] == str(key_id)]
    alive = [each.public_id for each in orders if await held(memory, each.public_id) is not None]
    assert [f"wft_live_{each}" for each in alive] == [key["prefix"]]


async def revoked_up_to_the_crash(talk: Talk, servers: Servers, order: RevokeKey, public_id: str) -> None:
    """Revokes a key, and puts things back to where they were between its commit and the moment when KEYS was told."""
    alive = await keys.kept(talk.operator.bus, public_id)
    await done(talk, order)
    await keys.put(talk.operator.bus, public_id, alive.entry, await keys.kept(talk.operator.bus, public_id))
    with psycopg.connect(servers.postgres_dsn("postgres")) as connection:
        values = (talk.workspace_id, public_id)
        connection.execute("INSERT INTO memory.keys_due VALUES (%s, %s, 1)", values)


async def test_what_a_crash_left_alive_dies_without_anybody_asking(memory: Talk, memory_service: Servers) -> None:
    key_id, public_id = await issued(memory, default="rw")
    order = examples.revoke_key(memory.workspace_id, key_id)
    await revoked_up_to_the_crash(memory, memory_service, order, public_id)

    async def dead() -> bool:
        return await held(memory, public_id) is None

    await eventually(dead, "the revoked key to be dead")


async def test_a_command_that_comes_again_after_a_crash_is_answered_when_its_key_is_dead(
    memory: Talk, memory_service: Servers
) -> None:
    key_id, public_id = await issued(memory, default="rw")
    order = examples.revoke_key(memory.workspace_id, key_id)
    await revoked_up_to_the_crash(memory, memory_service, order, public_id)
    assert await done(memory, order) is None
    assert await held(memory, public_id) is None


async def test_a_service_that_starts_makes_keys_what_the_tables_say(memory: Talk, memory_service: Servers) -> None:
    _, lost = await issued(memory, default="rw")
    bus, before = memory.operator.bus, await keys.kept(memory.operator.bus, lost)
    strays = {"strange1": before.entry, "strange2": b"no key at all"}
    for stray, entry in strays.items():
        await keys.put(bus, stray, entry, await keys.kept(bus, stray))
    await keys.put(bus, lost, b"", before)

    async def mended() -> bool:
        gone = [(await keys.kept(bus, stray)).entry == b"" for stray in strays]
        return all(gone) and (await keys.kept(bus, lost)).entry == before.entry

    with running(memory_service, "memory", WEFT_METRICS_PORT="0"):
        await eventually(mended, "KEYS to be what the tables say")


async def test_an_entry_is_written_only_in_the_place_of_what_was_seen(memory: Talk) -> None:
    _, public_id = await issued(memory, default="rw")
    seen = await keys.kept(memory.operator.bus, public_id)
    await keys.put(memory.operator.bus, public_id, b"", seen)
    with pytest.raises(NotStored):
        await keys.put(memory.operator.bus, public_id, seen.entry, seen)
    assert await held(memory, public_id) is None


async def test_namespaces_keys_and_workspaces_can_be_asked_for(memory: Talk) -> None:
    created = await done(memory, examples.create_namespace(memory.workspace_id))
    assert created["id"] == str(namespace_id(memory.workspace_id, "research"))
    listed = await memory.ask(ListNamespaces(workspace_id=memory.workspace_id))
    assert [(it["key"], it["is_default"]) for it in listed] == [("default", True), ("research", False)]
    key_id, _ = await issued(memory, research="r")
    bus = memory.operator.bus
    answer = await bus.ask(subjects.query(FindKey), FindKey(key_id=key_id), TIMEOUT_S)
    assert body(answer) == memory.workspace_id
    unknown = await bus.ask(subjects.query(FindKey), FindKey(key_id=UUID(int=7)), TIMEOUT_S)
    with pytest.raises(Refused):
        body(unknown)
    switched = await done(memory, examples.change_workspace(memory.workspace_id, plan="pro", name="Payments"))
    found = await memory.ask(DescribeWorkspace(workspace_id=memory.workspace_id))
    assert found == switched
    assert (found["name"], found["plan"], found["key_count"], found["key_limit"]) == ("Payments", "pro", 2, 3)


async def test_every_change_is_audited_with_actor_and_time_the_newest_first(memory: Talk) -> None:
    await done(memory, examples.create_namespace(memory.workspace_id))
    key_id, _ = await issued(memory, default="rw")
    await done(memory, examples.rename_key(memory.workspace_id, key_id, "other"))
    await done(memory, examples.rotate_key(memory.workspace_id, key_id))
    await done(
        memory,
        examples.change_scopes(memory.workspace_id, key_id, scopes=examples.scopes(memory.workspace_id, research="r")),
    )
    await done(memory, examples.change_namespace(memory.workspace_id, name="R"))
    await done(memory, examples.change_workspace(memory.workspace_id, plan="free"))
    await done(memory, examples.revoke_key(memory.workspace_id, key_id))
    first = await memory.ask(ListAudit(workspace_id=memory.workspace_id, filters=AuditFilters(limit=6)))
    following = AuditFilters(before=UUID(first[-1]["id"]))
    rest = await memory.ask(ListAudit(workspace_id=memory.workspace_id, filters=following))
    assert [it["action"].removeprefix("weft.").removesuffix(".v1") for it in [*first, *rest]] == [
        "key.revoked",
        "workspace.plan_switched",
        "namespace.changed",
        "key.scoped",
        "key.rotated",
        "key.renamed",
        "key.issued",
        "namespace.created",
        "key.issued",
        "workspace.opened",
    ]
    assert {it["actor"] for it in first} == {"person:ada"}
    assert sorted((it["time"] for it in first), reverse=True) == [it["time"] for it in first]


async def differences(talk: Talk) -> list[str]:
    found = await talk.operator.request("memory", "verify", OfWorkspace(workspace_id=talk.workspace_id))
    listed: list[str] = found["differences"]
    return listed


@pytest.mark.parametrize(
    ("sabotage", "said"),
    [
        ("UPDATE memory.keys SET name = 'forged' WHERE workspace_id = %(ws)s", "name"),
        ("UPDATE memory.keys SET revoked = false WHERE workspace_id = %(ws)s", "revoked"),
        ("UPDATE memory.namespaces SET status = 'active' WHERE workspace_id = %(ws)s", "status"),
        ("UPDATE memory.workspaces SET plan = 'team' WHERE workspace_id = %(ws)s", "plan"),
        ("INSERT INTO memory.namespaces VALUES (%(ws)s, 'forged', 'F', 'active', false)", "not in the log"),
        ("DELETE FROM memory.keys WHERE workspace_id = %(ws)s", "not in the read model"),
    ],
)
async def test_a_rebuild_makes_namespaces_and_keys_what_the_log_says(
    memory: Talk, memory_service: Servers, sabotage: str, said: str
) -> None:
    workspace_id = memory.workspace_id
    await done(memory, examples.create_namespace(workspace_id))
    (kept, _), (gone, dead) = [await issued(memory, default="rw", research="r") for _ in range(2)]
    rotated = examples.rotate_key(workspace_id, kept)
    await done(memory, rotated)
    await done(memory, examples.revoke_key(workspace_id, gone))
    await done(memory, examples.change_namespace(workspace_id, status="archived"))
    await done(memory, examples.change_workspace(workspace_id, plan="pro", name="Other"))
    assert await differences(memory) == []
    before = await memory.ask(ListKeys(workspace_id=workspace_id))
    with psycopg.connect(memory_service.postgres_dsn("postgres")) as connection:
        connection.execute(sabotage.encode(), {"ws": workspace_id})
    assert any(said in difference for difference in await differences(memory))
    await memory.operator.request("memory", "rebuild", OfWorkspace(workspace_id=workspace_id))
    assert await differences(memory) == []
    assert await memory.ask(ListKeys(workspace_id=workspace_id)) == before

    async def told() -> bool:
        found = await held(memory, rotated.public_id)
        return found is not None and found.read == ("default",) and await held(memory, dead) is None

    await eventually(told, "KEYS to be what the log says")
