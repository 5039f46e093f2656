"""A subscriber with FastStream.

`weft-admin subscriber add NAME` prints what it is started with: WEFT_EVENTS_URL, WEFT_EVENTS_CONSUMER.
"""

import asyncio
import os
from typing import Any

from faststream import AckPolicy, FastStream
from faststream.nats import JStream, NatsBroker, PullSub

consumer = os.environ["WEFT_EVENTS_CONSUMER"]
inbox = f"_INBOX_{consumer}"  # the only place where this user may hear answers
broker = NatsBroker(os.environ["WEFT_EVENTS_URL"], inbox_prefix=inbox, max_reconnect_attempts=-1)


@broker.subscriber(
    "events.>",  # of these, those that the consumer was made for
    stream=JStream("EVENTS", declare=False),  # Weft's: FastStream would give it other limits
    inbox_prefix=f"{inbox}.".encode(),
    durable=consumer,  # there already, with its filter and its place in the stream
    pull_sub=PullSub(batch_size=1),  # one at a time, in their order
    ack_policy=AckPolicy.NACK_ON_ERROR,  # the default would drop an event that could not be handled
)
async def handle(event: dict[str, Any]) -> None:
    """A CloudEvent: docs/events.md has every type. Acknowledged when this returns; delivery is at least once."""
    print(event["seq"], event["type"], event["subject"], flush=True)


if __name__ == "__main__":
    asyncio.run(FastStream(broker).run())
