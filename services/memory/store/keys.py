"""KEYS: the copy of every key that the gateways read on each request."""

from datetime import timedelta

from contracts import subjects
from contracts.events import KeyIssued
from contracts.replies import StoredKey
from services.kit.bus import Bus
from services.kit.postgres import Connection, load_sql, rows

SQL = load_sql("services.memory", "writes")

_STAYS_S = 60
"""A key that ends by itself stays in the bucket for so long after that."""


def of_event(workspace_id: str, issued: KeyIssued) -> StoredKey:
    """A key as the gateway finds it."""
    return StoredKey(
        key_id=issued.key_id,
        workspace_id=workspace_id,
        secret_hash=issued.secret_hash,
        read=issued.grants.read,
        write=issued.grants.write,
        default_namespace=issued.grants.default,
        expires_at=issued.expires_at,
    )


async def publish(bus: Bus, public_id: str, key: StoredKey, lasts: timedelta | None = None) -> None:
    """Makes a key known to every gateway; returns once it is. One that `lasts` a time leaves the bucket by itself."""
    await bus.publish(subjects.key_entry(public_id), key.model_dump_json().encode(), _ending(lasts))


async def withdraw(bus: Bus, public_id: str, lasts: timedelta) -> None:
    """Makes a key that would have lasted so long unknown to every gateway; returns once it is."""
    headers = {"KV-Operation": "DEL", **(_ending(lasts) or {})}
    await bus.publish(subjects.key_entry(public_id), b"", headers)


async def active_namespaces(connection: Connection, workspace_id: str) -> tuple[str, ...]:
    found = await rows(connection, SQL["namespaces"], {"workspace_id": workspace_id})
    return tuple(sorted(each["namespace"] for each in found if each["status"] == "active"))


def _ending(lasts: timedelta | None) -> dict[str, str] | None:
    return None if lasts is None else {"Nats-TTL": str(int(lasts.total_seconds()) + _STAYS_S)}
