"""Sealing: what opens, what does not, and how the master key is changed."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from pydantic import ValidationError

from services.kit.postgres import Database
from services.kit.sealing import tables
from services.kit.sealing.keys import Keyring, Keys, Unreadable, WorkspaceKey
from services.kit.sealing.masters import Masters, SealingSettings, UnknownMasterKey, as_text
from tests.stack import Servers

TEXT = b"nobody else is to know"


def a_workspace(workspace_id: str = "ws-a") -> Keys:
    return Keys(WorkspaceKey(workspace_id, os.urandom(32)))


def test_what_was_sealed_opens_at_its_place_and_nowhere_else() -> None:
    keys = a_workspace()
    keys.make("mem-1")
    sealed = keys.of("mem-1").seal(TEXT, "ws-a", "mem-1", "1")
    assert TEXT not in sealed
    assert keys.of("mem-1").unseal(sealed, "ws-a", "mem-1", "1") == TEXT
    for place in (("ws-a", "mem-1", "2"), ("ws-a", "mem-11", ""), ("ws-a", "mem-1")):
        with pytest.raises(Unreadable):
            keys.of("mem-1").unseal(sealed, *place)
    with pytest.raises(Unreadable):
        keys.workspace.unseal(sealed, "ws-a", "mem-1", "1")


def test_a_data_key_is_its_workspaces_and_its_things_alone() -> None:
    one, other = a_workspace(), a_workspace()
    wrapped = one.make("mem-1")
    for keys, key_id in ((one, "mem-2"), (other, "mem-1")):
        keys.learn(key_id, wrapped)
        with pytest.raises(Unreadable):
            keys.of(key_id)


def test_equal_texts_have_equal_marks_in_one_workspace_only() -> None:
    one, other = a_workspace(), a_workspace()
    assert one.workspace.mark("text") == one.workspace.mark("text") != one.workspace.mark("texts")
    assert one.workspace.mark("text") != other.workspace.mark("text")


def test_a_changed_master_key_is_noticed_and_opens_what_the_old_one_wrapped(tmp_path: Path) -> None:
    file, old, new = tmp_path / "master.key", os.urandom(32), os.urandom(32)
    file.write_text(as_text(old))
    ring = Keyring(Masters(file.read_text))
    wrapped = ring.make("ws-a")
    sealed = ring.open("ws-a", wrapped).seal(TEXT)
    file.write_text(as_text(new, old))
    again = ring.rewrap("ws-a", wrapped)
    file.write_text(as_text(new))
    fresh = Keyring(Masters(file.read_text))
    assert fresh.open("ws-a", again).unseal(sealed) == TEXT
    with pytest.raises(UnknownMasterKey):
        fresh.open("ws-a", wrapped)


@pytest.mark.parametrize("given", [{}, {"master_key": "c2hvcnQ="}, {"master_key_file": "/nowhere"}])
def test_a_service_without_a_master_key_does_not_start(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=r"WEFT_MASTER_KEY|nowhere"):
        SealingSettings.model_validate({"nats_url": "nats://host"} | given)


@pytest.fixture
async def database(servers: Servers) -> AsyncIterator[Database]:
    """The two tables, in a schema of their own."""
    with psycopg.connect(servers.postgres_dsn(), autocommit=True) as owner:
        owner.execute("DROP SCHEMA IF EXISTS sealed CASCADE")
        owner.execute("CREATE SCHEMA sealed")
        owner.execute("CREATE TABLE sealed.workspace_keys (workspace_id text PRIMARY KEY, wrapped bytea)")
        owner.execute("CREATE TABLE sealed.data_keys (workspace_id text, key_id text, wrapped bytea)")
    secret = os.urandom(32)
    opened = Database(servers.postgres_dsn(), "sealed", 2, keyring=Keyring(Masters(lambda: as_text(secret))))
    await opened.open()
    yield opened
    await opened.close()


async def test_keys_are_there_in_the_next_transaction_unless_this_one_is_undone(database: Database) -> None:
    sealed = {}
    for key_id in ("kept", "undone"):
        try:
            async with database.transaction("ws-a") as connection:
                keys = await tables.enter(connection, "ws-a")
                await tables.ensure(connection, keys, [key_id])
                sealed[key_id] = keys.of(key_id).seal(TEXT)
                assert keys.of(key_id).unseal(sealed[key_id]) == TEXT
                if key_id == "undone":
                    raise InterruptedError
        except InterruptedError:
            pass
    async with database.transaction("ws-a") as connection:
        keys = await tables.enter(connection, "ws-a")
        await tables.load(connection, keys, sealed)
        assert keys.of("kept").unseal(sealed["kept"]) == TEXT
        with pytest.raises(Unreadable):
            keys.of("undone")


async def test_a_destroyed_key_is_gone_and_the_next_one_is_another(database: Database) -> None:
    async with database.transaction("ws-a") as connection:
        keys = await tables.enter(connection, "ws-a")
        await tables.ensure(connection, keys, ["rel"])
        sealed = keys.of("rel").seal(TEXT)
    async with database.transaction("ws-a") as connection:
        keys = await tables.enter(connection, "ws-a")
        await tables.destroy(connection, keys, ["rel"])
        await tables.ensure(connection, keys, ["rel"])
    async with database.transaction("ws-a") as connection:
        keys = await tables.enter(connection, "ws-a")
        await tables.ensure(connection, keys, ["rel"])
        with pytest.raises(Unreadable):
            keys.of("rel").unseal(sealed)


async def test_rewrapping_changes_the_master_key_and_no_other(servers: Servers, database: Database) -> None:
    async with database.transaction("ws-a") as connection:
        sealed = (await tables.enter(connection, "ws-a")).workspace.seal(TEXT)
        old = connection.keyring.masters.newest()[1]
    new = os.urandom(32)
    between = Keyring(Masters(lambda: as_text(new, old)))
    assert await tables.rewrap(database, between) == 1
    assert await tables.rewrap(database, between) == 0
    await tables.refuse_unless_openable(database, Keyring(Masters(lambda: as_text(new))))
    with pytest.raises(SystemExit, match="master key"):
        await tables.refuse_unless_openable(database, Keyring(Masters(lambda: as_text(old))))
    after = Database(servers.postgres_dsn(), "sealed", 2, keyring=Keyring(Masters(lambda: as_text(new))))
    await after.open()
    try:
        async with after.transaction("ws-a") as connection:
            assert (await tables.enter(connection, "ws-a")).workspace.unseal(sealed) == TEXT
    finally:
        await after.close()
