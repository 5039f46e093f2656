"""How an event's data enters and leaves the log. One place, so that sealing it changes one place."""

from pydantic_core import from_json

from contracts.events import AnyEvent, EventErased, read_data


def to_payload(event: AnyEvent) -> bytes:
    return event.model_dump_json().encode()


def from_payload(event_type: str, payload: bytes | None) -> AnyEvent:
    """The event, or that it was erased. Raises contracts.events.NewerThanKnown."""
    if payload is None:
        return EventErased(erased_type=event_type)
    return read_data(event_type, from_json(payload))
