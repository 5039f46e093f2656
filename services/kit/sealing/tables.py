"""Where wrapped keys stand: two tables in each schema that has sealed content."""

from collections.abc import Iterable, Sequence
from typing import Any

from services.kit.postgres import Connection, Database, load_sql, row, rows, together
from services.kit.sealing.keys import Keyring, Keys
from services.kit.sealing.masters import NAME_BYTES, BadMasterKey, UnknownMasterKey

SQL = load_sql("services.kit", "sealing")

REWRAPPED_MAX = 500


def opened(connection: Connection, workspace_id: str) -> Keys:
    """The keys that are known in this transaction. Raises LookupError where it did not enter that workspace, or the
    workspace has no key: then nothing in it is sealed."""
    return connection.opened[workspace_id]


async def enter(connection: Connection, workspace_id: str) -> Keys:
    """The workspace's keys, to write with: it gets one where it has none."""
    if workspace_id not in connection.opened:
        return await entered(connection, workspace_id, await row(connection, SQL["workspace_key"], _of(workspace_id)))
    return opened(connection, workspace_id)


async def entered(connection: Connection, workspace_id: str, found: dict[str, Any] | None) -> Keys:
    """The same where the row of `workspace_key` was read together with something else."""
    if found is None:
        made = connection.keyring.make(workspace_id)
        await connection.execute(SQL["add_workspace_key"].encode(), {"workspace_id": workspace_id, "wrapped": made})
        found = await row(connection, SQL["workspace_key"], _of(workspace_id))
        assert found is not None
    keys = connection.opened[workspace_id] = Keys(connection.keyring.open(workspace_id, found["wrapped"]))
    return keys


async def sealed_rows(
    connection: Connection, workspace_id: str, statement: str, values: dict[str, Any]
) -> list[dict[str, Any]]:
    """The rows of a statement, and in the same round trip the workspace's key, which `opened` then has."""
    if workspace_id in connection.opened:
        return await rows(connection, statement, values)
    key, found = await together(connection, (SQL["workspace_key"], _of(workspace_id)), (statement, values))
    if key:
        await entered(connection, workspace_id, key[0])
    return found


async def load(connection: Connection, keys: Keys, key_ids: Iterable[str]) -> None:
    """From here on it is known of each of these whether there is a key, and which."""
    if unknown := keys.unknown(key_ids):
        values = _of(keys.workspace.workspace_id) | {"key_ids": unknown}
        learn(keys, unknown, await rows(connection, SQL["data_keys"], values))


def learn(keys: Keys, key_ids: Iterable[str], found: Sequence[dict[str, Any]]) -> None:
    """The same where the rows of `data_keys` were read together with something else."""
    there = {each["key_id"]: each["wrapped"] for each in found}
    for key_id in key_ids:
        keys.learn(key_id, there.get(key_id))


async def ensure(connection: Connection, keys: Keys, key_ids: Iterable[str]) -> None:
    """From here on there is a key for each of these. Of two transactions that make the same at once, the later one
    fails (psycopg.errors.UniqueViolation) and is to be done again."""
    wanted = list(key_ids)
    await load(connection, keys, wanted)
    if missing := keys.missing(wanted):
        made = {"key_ids": missing, "wrapped": [keys.make(each) for each in missing]}
        await connection.execute(SQL["add_data_keys"].encode(), _of(keys.workspace.workspace_id) | made)


async def destroy(connection: Connection, keys: Keys, key_ids: Iterable[str]) -> None:
    """What they sealed can't be read any more, once this is committed."""
    gone = list(dict.fromkeys(key_ids))
    if gone:
        values = _of(keys.workspace.workspace_id) | {"key_ids": gone}
        await connection.execute(SQL["destroy_data_keys"].encode(), values)
        learn(keys, gone, ())


async def destroy_workspace(connection: Connection, workspace_id: str) -> None:
    """Nothing that was sealed in it can be read any more, once this is committed. What enters it afterwards makes
    another key, by which none of the data keys that are left opens."""
    connection.opened.pop(workspace_id, None)
    await connection.execute(SQL["destroy_workspace_key"].encode(), _of(workspace_id))


async def missing(loops: Database, keyring: Keyring) -> list[str]:
    """Master keys by which a workspace's key is wrapped, and that are not given; or that none is given any more."""
    found = await loops.read(None, lambda connection: rows(connection, SQL["masters"], {"name_bytes": NAME_BYTES}))
    try:
        keyring.masters.newest()
        for each in found:
            keyring.masters.find(bytes(each["master"]))
    except (UnknownMasterKey, BadMasterKey) as why:
        return [str(why)]
    return []


async def refuse_unless_openable(loops: Database, keyring: Keyring) -> None:
    """Raises SystemExit where a workspace's key is wrapped by a master key that was not given."""
    for why in await missing(loops, keyring):
        raise SystemExit(f"{why}: without it the content can't be read")


async def rewrap(loops: Database, keyring: Keyring) -> int:
    """Wraps every workspace's key by the newest master key; how many were not yet. Safe to interrupt and do again."""
    count = 0
    while done := await _rewrap_some(loops, keyring):
        count += done
    return count


async def _rewrap_some(loops: Database, keyring: Keyring) -> int:
    name, _ = keyring.masters.newest()
    values = {"name_bytes": NAME_BYTES, "master": name, "limit": REWRAPPED_MAX}
    async with loops.transaction(None) as connection:
        found = await rows(connection, SQL["wrapped_by_others"], values)
        changed = {
            "workspace_ids": [each["workspace_id"] for each in found],
            "before": [each["wrapped"] for each in found],
            "wrapped": [keyring.rewrap(each["workspace_id"], each["wrapped"]) for each in found],
        }
        await connection.execute(SQL["rewrap"].encode(), changed)
    return len(found)


def _of(workspace_id: str) -> dict[str, Any]:
    return {"workspace_id": workspace_id}
