"""Whose turn it is."""

import asyncio
from collections import Counter

from services.extraction.loops.turns import Turns
from tests.stack import eventually


class Work:
    """So many parts of work in each workspace; `log` has the order in which they were taken."""

    def __init__(self, **parts: int):
        self.left = Counter(parts)
        self.log: list[str] = []
        self.at_work = Counter[str]()
        self.at_once = 0

    async def with_work(self) -> list[str]:
        return [it for it in self.left if self.left[it]]

    async def take(self, workspace_id: str) -> None:
        self.log.append(workspace_id)
        self.at_work[workspace_id] += 1
        self.at_once = max(self.at_once, self.at_work.total())
        assert self.at_work[workspace_id] == 1, "two work in one workspace"
        await asyncio.sleep(0)
        self.left[workspace_id] -= 1
        self.at_work[workspace_id] -= 1


async def test_everybody_has_a_turn_before_anybody_has_a_second_one() -> None:
    work = Work(a=5, b=1, c=2)
    turns = Turns(work.with_work, work.take)
    while await turns.take_one():
        if work.log == ["a"]:
            work.left["d"] = 1
    assert "".join(work.log) == "abcacdaaa"


async def test_several_at_once_never_share_a_workspace() -> None:
    work = Work(a=50, b=50, c=50)
    turns = Turns(work.with_work, work.take, at_once=4)
    running = asyncio.create_task(turns.run())

    async def done() -> bool:
        return not (work.left.total() or work.at_work.total())

    await eventually(done, "the end of all work")
    running.cancel()
    assert work.at_once == 3
    assert Counter(work.log) == {"a": 50, "b": 50, "c": 50}
