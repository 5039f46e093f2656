"""A subscriber with nats-py alone.

`weft-admin subscriber add NAME` prints what it is started with: WEFT_EVENTS_URL, WEFT_EVENTS_CONSUMER.
"""

import asyncio
import json
import os

import nats
from nats.errors import TimeoutError as NothingNew


async def main() -> None:
    consumer = os.environ["WEFT_EVENTS_CONSUMER"]
    client = await nats.connect(
        os.environ["WEFT_EVENTS_URL"],
        inbox_prefix=f"_INBOX_{consumer}",  # the only place where this user may hear answers
        max_reconnect_attempts=-1,  # nats-py would give up after a minute
    )
    # The consumer is there already, with its filter and its place in the stream: only bind to it.
    subscription = await client.jetstream().pull_subscribe_bind(consumer, stream="EVENTS")
    while True:
        try:
            message, *_ = await subscription.fetch(1, timeout=30)
        except NothingNew:
            continue
        event = json.loads(message.data)  # a CloudEvent: docs/events.md has every type
        handle(event)
        await message.ack()  # after it was handled: after a crash before this line it comes again


def handle(event: dict[str, object]) -> None:
    """Delivery is at least once: what is done twice with one `id` must be as good as done once."""
    print(event["seq"], event["type"], event["subject"], flush=True)


if __name__ == "__main__":
    asyncio.run(main())
