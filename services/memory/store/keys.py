"""KEYS: the copy of every key that the gateways read on each request, and which of its entries are behind."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from contracts import subjects
from contracts.replies import StoredKey
from services.kit.bus import Bus
from services.kit.postgres import Connection, load_sql, rows

SQL = load_sql("services.memory", "tenancy")

REMOVED = {"KV-Operation": "DEL"}
"""Marks an entry without content, by the convention of NATS."""

_STAYS_S = 60
"""A key that ends by itself stays in the bucket for so long after that."""


TOKENS = "*"
"""Stands in the place of a public id for all workspace tokens."""


@dataclass(frozen=True, slots=True)
class Due:
    """That KEYS is behind about a public id, or about all TOKENS of a workspace, as of the change with that seq."""

    workspace_id: str
    public_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry of KEYS: its bytes (none where it was removed), and its place in the stream (0 where there is none)."""

    entry: bytes
    sequence: int


async def due_of(connection: Connection, workspace_ids: Sequence[str]) -> list[Due]:
    found = await rows(connection, SQL["due_of"], {"workspace_ids": list(workspace_ids)})
    return [Due(**each) for each in found]


async def due(connection: Connection, limit: int) -> list[Due]:
    return [Due(**each) for each in await rows(connection, SQL["due"], {"limit": limit})]


async def settle(connection: Connection, told: Sequence[Due]) -> None:
    """KEYS has them. What changed again meanwhile is still due."""
    values = {name: [getattr(each, name) for each in told] for name in ("workspace_id", "public_id", "seq")}
    await connection.execute(SQL["settle_due"].encode(), values)


async def wanted(connection: Connection, public_ids: Sequence[str] | None) -> dict[str, bytes]:
    """What KEYS should hold for these (None: for all keys), by public id; of one that is no more, nothing."""
    values = {"public_ids": None if public_ids is None else list(public_ids)}
    return {each["public_id"]: _entry(each) for each in await rows(connection, SQL["entries"], values)}


def _entry(found: dict[str, Any]) -> bytes:
    grants, active = found["grants"], set(found["active"])
    stored = StoredKey(
        key_id=found["key_id"],
        workspace_id=found["workspace_id"],
        secret_hash=found["secret_hash"],
        read=[each for each in grants["read"] if each in active],
        write=[each for each in grants["write"] if each in active],
        default_namespace=grants["default"],
        expires_at=found["expires_at"],
    )
    return stored.model_dump_json().encode()


async def kept(bus: Bus, public_id: str) -> Kept:
    """What KEYS holds, from its leader. Raises Unavailable."""
    found = await bus.newest(subjects.KEYS_STREAM, subjects.key_entry(public_id))
    return Kept(b"", 0) if found is None else Kept(found.data or b"", int(found.seq or 0))


async def all_kept(bus: Bus) -> dict[str, bytes]:
    """Everything in KEYS that was not removed and is no workspace token, by public id. Raises Unavailable."""
    return {public_id: entry async for public_id, entry in _entries(bus) if _as_token(entry) is None}


async def tokens(bus: Bus, workspace_id: str) -> dict[str, StoredKey]:
    """The workspace tokens that may be used at present, by public id. Raises Unavailable."""
    found = {public_id: _as_token(entry) async for public_id, entry in _entries(bus)}
    return {each: token for each, token in found.items() if token is not None and token.workspace_id == workspace_id}


async def _entries(bus: Bus) -> AsyncIterator[tuple[str, bytes]]:
    prefix = subjects.key_entry("")
    async for each in bus.stored(subjects.KEYS_STREAM, subjects.key_entry("*")):
        if each.data:
            yield str(each.subject).removeprefix(prefix), each.data


def _as_token(entry: bytes) -> StoredKey | None:
    """A key that is nobody's in the tables, but was given to a person for a while. What can't be read is none."""
    try:
        stored = StoredKey.model_validate_json(entry)
    except ValidationError:
        return None
    return stored if stored.actor is not None else None


async def put(bus: Bus, public_id: str, entry: bytes, before: Kept) -> None:
    """Makes `entry` (nothing: that it is gone) known to every gateway, in place of `before`; returns once it is.

    Raises NotStored, also where it is not `before` that stands there: then somebody else was quicker, or an earlier try
    that was thought lost.
    """
    headers = {"Nats-Expected-Last-Subject-Sequence": str(before.sequence)}
    await bus.publish(subjects.key_entry(public_id), entry, headers if entry else headers | REMOVED)


async def publish(bus: Bus, public_id: str, key: StoredKey, lasts: timedelta | None = None) -> None:
    """Makes a key known to every gateway; returns once it is. One that `lasts` a time leaves the bucket by itself."""
    await bus.publish(subjects.key_entry(public_id), key.model_dump_json().encode(), _ending(lasts))


async def withdraw(bus: Bus, public_id: str, lasts: timedelta) -> None:
    """Makes a key that would have lasted so long unknown to every gateway; returns once it is."""
    headers = {"KV-Operation": "DEL", **(_ending(lasts) or {})}
    await bus.publish(subjects.key_entry(public_id), b"", headers)


async def active_namespaces(connection: Connection, workspace_id: str) -> tuple[str, ...]:
    found = await rows(connection, SQL["get_namespaces"], {"workspace_id": workspace_id})
    return tuple(sorted(each["namespace"] for each in found if each["status"] == "active"))


def _ending(lasts: timedelta | None) -> dict[str, str] | None:
    return None if lasts is None else {"Nats-TTL": str(int(lasts.total_seconds()) + _STAYS_S)}
