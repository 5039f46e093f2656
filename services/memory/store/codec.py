"""How an event's data and a document's bytes enter and leave the tables. Sealing them changes this place alone."""

from pydantic_core import from_json

from contracts.events import AnyEvent, EventErased, NewerThanKnown, read_data
from services.memory.decisions.accounts import ACCOUNT_EVENTS, AnyAccountEvent


def to_payload(event: AnyEvent | AnyAccountEvent) -> bytes:
    return event.model_dump_json().encode()


def from_payload(event_type: str, payload: bytes | None) -> AnyEvent:
    """The event, or that it was erased. Raises contracts.events.NewerThanKnown."""
    if payload is None:
        return EventErased(erased_type=event_type)
    return read_data(event_type, from_json(payload))


def from_account_payload(event_type: str, payload: bytes) -> AnyAccountEvent:
    """What happened to an account. Raises contracts.events.NewerThanKnown."""
    if event_type not in ACCOUNT_EVENTS:
        raise NewerThanKnown(event_type)
    return ACCOUNT_EVENTS[event_type].model_validate_json(payload)


def to_content(part: bytes) -> bytes:
    """A part of a document's bytes as it is kept."""
    return part


def from_content(kept: bytes) -> bytes:
    return kept
