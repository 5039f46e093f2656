"""KEYS: the copy of every key that the gateways read on each request."""

from contracts import subjects
from contracts.events import KeyIssued
from contracts.replies import StoredKey
from services.kit.bus import Bus


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


async def publish(bus: Bus, public_id: str, key: StoredKey) -> None:
    """Makes a key known to every gateway; returns once it is."""
    await bus.publish(subjects.key_entry(public_id), key.model_dump_json().encode())
