"""How content enters and leaves the tables: sealed, in one place. Nothing outside the store sees ciphertext."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json, to_json

from contracts.events import AnyEvent, EventErased, NewerThanKnown, read_data
from services.kit.sealing.keys import Key, Keys
from services.memory.decisions.accounts import ACCOUNT_EVENTS, AnyAccountEvent

SESSION = "session:"
"""Before the stream of a session: its id is its client's choice, and may be that of a memory."""

_WITH_KEYS = ("memory", "relationship", "session", "document")
"""Entities of which each has a key of its own, under the name of its stream. Of others the workspace's key seals."""
_DELETED = ("weft.memory.deleted.v1", "weft.relationship.deleted.v1", "weft.document.deleted.v1")
"""They are read when the key is gone. There is nothing of an author's in them."""


IN_CLEAR = "weft.workspace.deleted.v1"
"""It outlives its workspace's key. There is nothing in it."""


def key_of(stream: str, event_type: str) -> str | None:
    """Whose key seals an event of that type; None: the workspace's own."""
    return stream if event_type.split(".")[1] in _WITH_KEYS and event_type not in _DELETED else None


def seal_event(keys: Keys, event: AnyEvent, stream: str, version: int, event_id: object) -> bytes:
    """An event's data as the log keeps it."""
    payload = event.model_dump_json().encode()
    if event.type == IN_CLEAR:
        return payload
    place = _of_event(keys, stream, version, event_id)
    return keys.of(key_of(stream, event.type)).seal(payload, *place)


def unseal_event(keys: Keys | None, found: Mapping[str, Any]) -> AnyEvent:
    """The event of a row of the log, or that it was erased (then no keys are needed). `wrapped` is its stream's key.

    Raises contracts.events.NewerThanKnown, services.kit.sealing.keys.Unreadable.
    """
    event_type, stream = found["type"], found["stream"]
    if found["payload"] is None:
        return EventErased(erased_type=event_type)
    if event_type == IN_CLEAR:
        return read_data(event_type, from_json(found["payload"]))
    assert keys is not None
    if (key_id := key_of(stream, event_type)) is not None:
        keys.learn(key_id, found["wrapped"])
    place = _of_event(keys, stream, found["version"], found["event_id"])
    return read_data(event_type, from_json(keys.of(key_id).unseal(found["payload"], *place)))


def seal(key: Key, content: Mapping[str, Any], *place: str) -> str:
    """A row's content, in base64: it travels in JSON. `place`: table, workspace, id, and version where it has one."""
    return b64encode(key.seal(to_json(content), *place)).decode()


def unseal(key: Key, sealed: bytes, *place: str) -> dict[str, Any]:
    """Raises services.kit.sealing.keys.Unreadable."""
    content: dict[str, Any] = from_json(key.unseal(sealed, *place))
    return content


def to_account_payload(event: AnyAccountEvent) -> bytes:
    """What happened to people is read without any workspace, and is not sealed."""
    return event.model_dump_json().encode()


def from_account_payload(event_type: str, payload: bytes) -> AnyAccountEvent:
    """What happened to an account. Raises contracts.events.NewerThanKnown."""
    if event_type not in ACCOUNT_EVENTS:
        raise NewerThanKnown(event_type)
    return ACCOUNT_EVENTS[event_type].model_validate_json(payload)


def _of_event(keys: Keys, stream: str, version: int, event_id: object) -> tuple[str, ...]:
    return ("event", keys.workspace.workspace_id, stream, str(version), str(event_id))
