"""What REST does not count by itself: that a memory was found, or read."""

import logging
from asyncio import gather
from collections.abc import Awaitable, Iterable

from weft import AsyncWeft
from weft.errors import WeftError

log = logging.getLogger(__name__)


async def count_retrievals(weft: AsyncWeft, memory_ids: Iterable[str]) -> None:
    """Says of each that it was shown."""
    await gather(*(_counted(weft.memories.record_retrieval(memory_id)) for memory_id in memory_ids))


async def count_access(weft: AsyncWeft, memory_id: str) -> None:
    """Says that it was opened."""
    await _counted(weft.memories.record_access(memory_id))


async def _counted(call: Awaitable[object]) -> None:
    """A count that can't be kept is no reason to hold back what was found."""
    try:
        await call
    except WeftError as fault:
        log.warning("not counted: %s", type(fault).__name__)
