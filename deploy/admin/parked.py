"""Messages that could not be handled: seeing them, and handing them back to the service that parked them."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime

from nats.js.api import RawStreamMsg

from contracts import subjects
from contracts.queries import Replay
from deploy.admin.bus import Operator, Refused
from services.kit.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Parked:
    """A message on PARKED. `number` is its place there, `subject` where it came from."""

    number: int
    service: str
    subject: str
    fault: str
    parked_at: datetime | None
    payload: bytes


async def count(operator: Operator) -> int:
    return (await operator.bus.jetstream.stream_info(subjects.PARKED_STREAM)).state.messages


async def listed(operator: Operator) -> list[Parked]:
    """All of them, oldest first."""
    return [_parked(message) async for message in operator.bus.stored(subjects.PARKED_STREAM, "parked.>")]


def _parked(message: RawStreamMsg) -> Parked:
    headers = message.headers or {}
    return Parked(
        number=int(message.seq or 0),
        service=headers.get("Weft-Service", "?"),
        subject=headers.get("Weft-Subject", "?"),
        fault=headers.get("Weft-Fault", "?"),
        parked_at=message.time,
        payload=message.data or b"",
    )


async def replay(operator: Operator, parked: Parked) -> str | None:
    """Has the message handled once more and takes it off PARKED; the reason where that did not work."""
    try:
        asked = Replay(subject=parked.subject, payload=b64encode(parked.payload).decode())
        await operator.request(parked.service, "replay", asked)
    except (Refused, Unavailable) as why:
        if isinstance(why, Unavailable):
            return str(why)
    await operator.bus.erase(subjects.PARKED_STREAM, parked.number)
    return None
