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

    async def done(self) -> bool:
        return not (self.left.total() or self.at_work.total())


class Locks:
    """What two processes share; each has its own door to it."""

    def __init__(self) -> None:
        self.held: dict[str, Door] = {}

    def door(self) -> "Door":
        return Door(self)


class Door:
    def __init__(self, locks: Locks):
        self._locks = locks

    async def take(self, workspace_id: str) -> bool:
        await asyncio.sleep(0)
        return self._locks.held.setdefault(workspace_id, self) is self

    async def give_back(self, workspace_id: str) -> None:
        assert self._locks.held.pop(workspace_id) is self

    async def close(self) -> None:
        self._locks.held = {it: door for it, door in self._locks.held.items() if door is not self}


async def test_everybody_has_a_turn_before_anybody_has_a_second_one() -> None:
    work = Work(a=5, b=1, c=2)
    turns = Turns(work.with_work, work.take, Locks().door())
    while await turns.take_one():
        if work.log == ["a"]:
            work.left["d"] = 1
    assert "".join(work.log) == "abcacdaaa"


async def test_several_at_once_never_share_a_workspace() -> None:
    work = Work(a=50, b=50, c=50)
    turns = Turns(work.with_work, work.take, Locks().door(), at_once=4)
    running = asyncio.create_task(turns.run())

    await eventually(work.done, "the end of all work")
    running.cancel()
    assert work.at_once == 3
    assert Counter(work.log) == {"a": 50, "b": 50, "c": 50}


async def test_two_processes_never_share_a_workspace_and_both_work() -> None:
    work, locks, taken = Work(a=50, b=50, c=50), Locks(), Counter[int]()

    def of_process(number: int) -> Turns:
        async def take(workspace_id: str) -> None:
            taken[number] += 1
            await work.take(workspace_id)

        return Turns(work.with_work, take, locks.door())

    async with asyncio.TaskGroup() as processes:
        running = [processes.create_task(of_process(number).run()) for number in range(2)]
        await eventually(work.done, "the end of all work")
        for each in running:
            each.cancel()
    assert taken.total() == 150
    assert min(taken.values()) > 0
    assert not locks.held


async def test_who_is_to_go_on_keeps_others_out_until_it_is_done() -> None:
    work, locks, done = Work(a=3), Locks(), list[int]()

    def of_process(number: int) -> Turns:
        async def take(workspace_id: str) -> bool:
            done.append(number)
            await work.take(workspace_id)
            return work.left.total() > 0

        return Turns(work.with_work, take, locks.door())

    one, other = of_process(1), of_process(2)
    while work.left.total():
        await one.take_one()
        assert not await other.take_one()
    assert done == [1, 1, 1]
