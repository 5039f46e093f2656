"""From the subscription to the file."""

import gc
import logging
from pathlib import Path

import weft
from weft.errors import NotConfigured
from weft.settings import Settings

from examples.analytics.store import Store

logger = logging.getLogger(__name__)

OBJECTS_AT_ONCE = 500_000
"""A batch of events is many objects that come and go together. To look for rings among them all the time costs much."""


def follow(file: Path, *, at_once_max: int, until_now: bool) -> None:
    """Keeps `file` up to date, at most `at_once_max` events in a transaction; `until_now`: ends when there is nothing
    more for now.

    Each event is acknowledged when its transaction is on disk, and the file says how far it came: after a crash the bus
    delivers again what was not acknowledged, and what is in the file already is passed over.
    """
    gc.set_threshold(OBJECTS_AT_ONCE)
    with Store(file) as store, weft.events.subscribe(after=store.cursors(), log=_log()) as events:
        for batch in events.batches(at_once_max):
            if batch:
                store.take([event.model_dump_json() for event in batch])
                logger.info("%d events, up to %s", len(batch), batch[-1].time.isoformat(timespec="seconds"))
            elif until_now:
                return
            else:
                store.rest()  # a report may be wanted


def _log() -> Settings | None:
    """Where the bus no longer has an event, a key finds it: MEMORIES_API_URL, MEMORIES_API_TOKEN."""
    try:
        found = Settings.find()
    except NotConfigured:
        return None
    return found if found.token else None
