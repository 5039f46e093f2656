"""A durable subscription: what the bus delivers, in order and once as far as can be seen, with the log behind it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from types import TracebackType
from typing import Self

from weft.client import AsyncWeft
from weft.errors import NewerThanKnown, NotConfigured
from weft.events.event import Event, read
from weft.events.mailbox import Letter, Mailbox, Standing
from weft.events.order import Gap, Order
from weft.settings import Settings

WAIT_S = 5.0
AT_ONCE_MAX = 100
SLACK_S = 0.5
"""The bus is not exact about when it delivers again."""
After = int | datetime | Mapping[str, int] | None
Chunk = list[tuple[Event, Letter | None]]
"""Events, and what is to be acknowledged for them; those from the log have no letter."""


class AsyncSubscription:
    """`async with` opens it, `async for` gives events. Each is acknowledged when your code asks for the next one, or
    leaves the block without an exception; after an exception, or a crash, it is delivered again.

    Raises NoSubscription, NewerThanKnown; a server that is away is waited for.
    """

    def __init__(
        self, url: str, consumer: str, after: After, log: Settings | None, on_gap: Callable[[Gap], None]
    ) -> None:
        self._mailbox = Mailbox(url, consumer)
        self._after = after
        self._log_settings = log
        self._on_gap = on_gap
        self._collected: list[Letter] = []
        self._coming: asyncio.Task[list[Letter]] | None = None
        self._unsettled: dict[int, Letter] = {}
        self._in_hand: Chunk = []
        self._weft: AsyncWeft | None = None
        self._workspace: str | None = None
        self._has_joined = True
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            after = await self._open_log(opening)
            await self._mailbox.open()
            opening.push_async_callback(self._mailbox.close)
            standing = await self._mailbox.standing()
            self._order, self._unsettled_max = Order(after, standing.filters), standing.unsettled_max
            self._has_joined = self._workspace is None or self._order.position(self._workspace) is None
            holding = asyncio.create_task(self._hold(standing.again_after_s))
            opening.callback(holding.cancel)
            await self._collect(standing)
            self._opened = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async with self._opened:
            if kind is None:
                await self._settle()
            if self._coming is not None:
                await asyncio.gather(self._coming, return_exceptions=True)  # what it raises is for who asks for more
            await self._mailbox.give_back(self._unsettled.values())

    async def __aiter__(self) -> AsyncIterator[Event]:
        async for chunk in self._chunks(AT_ONCE_MAX, WAIT_S):
            for each in chunk:
                self._in_hand = [each]
                yield each[0]
                await self._settle()

    async def batches(self, size_max: int = 1_000, wait_s: float = 1.0) -> AsyncIterator[list[Event]]:
        """As many events as there are, at most `size_max`, acknowledged together. An empty one says that nothing came
        for `wait_s`: for now that is all."""
        async for chunk in self._chunks(size_max, wait_s):
            self._in_hand = chunk
            yield [event for event, _ in chunk]
            await self._settle()

    async def _chunks(self, size_max: int, wait_s: float) -> AsyncIterator[Chunk]:
        while True:
            letters = await self._next(size_max, wait_s)
            if letters:
                async for chunk in self._read(letters):
                    yield chunk
            elif self._has_joined:
                yield []
            else:
                assert self._workspace is not None
                self._has_joined = True
                async for chunk in self._from_log(self._workspace, None):
                    yield chunk

    async def _read(self, letters: Sequence[Letter]) -> AsyncIterator[Chunk]:
        """What is new in them, and before it what is missing, as far as the log can be asked."""
        new: Chunk = []
        for letter in letters:
            try:
                event = read(letter.body)
            except NewerThanKnown:
                if new:
                    yield new  # up to there it can be handled
                raise
            skipped = self._order.skipped(letter.delivery)
            if self._order.is_double(event):
                await self._acknowledge([letter])
                continue
            gap = self._order.gap(event, skipped)
            if gap is not None and gap.workspace == self._workspace:
                if new:
                    yield new
                    new = []
                async for chunk in self._from_log(gap.workspace, gap.last):
                    yield chunk
            elif gap is not None and gap.missing:
                self._on_gap(gap)
            self._order.took(event)
            new.append((event, letter))
        if new:
            yield new

    async def _from_log(self, workspace: str, last: int | None) -> AsyncIterator[Chunk]:
        """What follows what has been handed over, up to `last`, or to where the log ends."""
        assert self._weft is not None
        after = self._order.position(workspace) or 0
        while last is None or after < last:
            page = await self._weft.events.page(after=after)
            events = [it for it in page.events if (last is None or it.seq <= last) and self._order.is_wanted(it)]
            after = page.after if last is None else min(page.after, last)
            if (gap := self._order.covered(workspace, after, events)) is not None:
                self._on_gap(gap)
            if events:
                yield [(event, None) for event in events]
            if page.after >= page.head:
                return

    async def _next(self, size_max: int, wait_s: float) -> list[Letter]:
        """Where there are more after them, those are on their way while these are handled."""
        if self._collected:
            letters, self._collected = self._collected[:size_max], self._collected[size_max:]
            return letters
        letters = await (self._coming or self._fetch(size_max, wait_s))
        is_worth_it = letters and letters[-1].left and len(self._unsettled) < self._unsettled_max
        self._coming = asyncio.create_task(self._fetch(size_max, wait_s)) if is_worth_it else None
        return letters

    async def _fetch(self, size_max: int, wait_s: float) -> list[Letter]:
        letters = await self._mailbox.fetch(min(size_max, self._unsettled_max - len(self._unsettled)), wait_s)
        self._unsettled |= {letter.delivery: letter for letter in letters}
        return letters

    async def _collect(self, standing: Standing) -> None:
        """What was delivered before and never acknowledged comes first, though a dead reader's share of it is given out
        again only after a while. Where a log and a position are known, that tells what is missing, and nobody waits."""
        patience_s = standing.again_after_s + SLACK_S if self._has_joined else 0.0
        deadline = time.monotonic() + patience_s
        missing = standing.unsettled
        while missing > 0 and (left_s := deadline - time.monotonic()) > 0:
            letters = await self._fetch(standing.unsettled, min(WAIT_S, left_s))
            missing -= sum(letter.is_again for letter in letters)
            self._collected += letters
        self._collected.sort(key=lambda letter: letter.place)

    async def _settle(self) -> None:
        letters = [letter for _, letter in self._in_hand if letter is not None]
        self._in_hand = []
        await self._acknowledge(letters)

    async def _acknowledge(self, letters: Sequence[Letter]) -> None:
        await self._mailbox.acknowledge(letters)
        for letter in letters:
            del self._unsettled[letter.delivery]

    async def _hold(self, again_after_s: float) -> None:
        while True:
            await asyncio.sleep(again_after_s / 3)
            await self._mailbox.hold(list(self._unsettled.values()))

    async def _open_log(self, opening: AsyncExitStack) -> int | Mapping[str, int] | None:
        """What was handled before, by `seq`. Raises NotConfigured for a time without a log."""
        if self._log_settings is not None:
            self._weft = await opening.enter_async_context(AsyncWeft(settings=self._log_settings))
            self._workspace = (await self._weft.workspace()).workspace_id
        if not isinstance(self._after, datetime):
            return self._after
        if self._weft is None or self._workspace is None:
            raise NotConfigured("Where a time is in the log, only the log knows.", "Pass log=weft.Settings.find().")
        return await last_before(self._weft, self._after)


async def last_before(weft: AsyncWeft, moment: datetime) -> int:
    """The `seq` of the last event before `moment`; 0 where there is none. Asks the log some twenty times at most."""
    low, high = 0, (await weft.events.page(limit=1)).head
    while low < high:
        middle = (low + high + 1) // 2
        found = (await weft.events.page(after=middle - 1, limit=1)).events
        if found and found[0].time < moment:
            low = middle
        else:
            high = middle - 1
    return low
