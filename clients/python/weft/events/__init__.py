"""Events: what happened in a workspace, as typed CloudEvents.

`subscribe` opens a durable subscription to the event bus. With only a key, `weft.events.list` and `.stream` of a client
read the same events over HTTP.
"""

import logging
import os
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from weft.errors import NotConfigured

if TYPE_CHECKING:
    from weft.events.blocking import Subscription
    from weft.events.order import Gap
    from weft.events.subscribing import After, AsyncSubscription
    from weft.settings import Settings

URL, CONSUMER = "WEFT_EVENTS_URL", "WEFT_EVENTS_CONSUMER"

logger = logging.getLogger(__name__)


def subscribe(
    url: str | None = None,
    consumer: str | None = None,
    *,
    after: "After" = None,
    log: "Settings | None" = None,
    on_gap: "Callable[[Gap], None] | None" = None,
) -> "Subscribing":
    """A durable subscription, as `weft-admin subscriber add` makes them: it goes on where it stopped.

    `url` and `consumer`: what is not given comes from the environment: WEFT_EVENTS_URL, WEFT_EVENTS_CONSUMER. Raises
    NotConfigured where they are missing, or nats-py is not installed.
    `after`: what was handled before, where you keep account of that: the `seq` of the last event, by workspace where
    there are several. 0 replays from the start, a time from there on. Events up to it are passed over.
    `log`: the server's address and a key. What the bus no longer has is then read from the log of the key's workspace,
    before what it has.
    `on_gap`: hears what is missing where there is no log to ask; if not given, a warning says it.

    >>> with weft.events.subscribe() as events:        # or: async with
    ...     for event in events:                       # or: async for
    ...         print(event.seq, event.type)
    """
    found_url = url or os.environ.get(URL)
    found_consumer = consumer or os.environ.get(CONSUMER)
    if not found_url or not found_consumer:
        raise NotConfigured(
            f"No subscription is known: {URL} or {CONSUMER} is not set.",
            "`weft-admin subscriber add NAME` prints both.",
        )
    try:
        from weft.events.subscribing import AsyncSubscription  # noqa: PLC0415 - nats-py, for those who subscribe
    except ModuleNotFoundError as why:
        if why.name != "nats":
            raise
        raise NotConfigured("nats-py is not installed.", "pip install 'weft-client[events]'") from why
    return Subscribing(AsyncSubscription(found_url, found_consumer, after, log, on_gap or _warn))


class Subscribing:
    """Opened by `with` or by `async with`."""

    def __init__(self, subscription: "AsyncSubscription") -> None:
        self._subscription = subscription
        self._blocking: Subscription | None = None

    async def __aenter__(self) -> "AsyncSubscription":
        return await self._subscription.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._subscription.__aexit__(kind, error, trace)

    def __enter__(self) -> "Subscription":
        from weft.events.blocking import Subscription  # noqa: PLC0415

        self._blocking = Subscription(self._subscription)
        return self._blocking.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._blocking is not None
        self._blocking.__exit__(kind, error, trace)


def _warn(gap: "Gap") -> None:
    logger.warning("%d events of %s between %d and %d did not come", gap.missing, gap.workspace, gap.first, gap.last)
