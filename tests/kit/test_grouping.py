"""Group commit: together when it can be, alone when one of them is to blame."""

import asyncio
from collections.abc import Sequence

import pytest

from services.kit.errors import Transient
from services.kit.grouping import Group


class Work:
    """Doubles numbers; remembers what came together."""

    def __init__(self, *, fault: Exception | None = None, over: int = -1):
        self.batches: list[list[int]] = []
        self._fault = fault
        self._over = over

    async def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(items))
        await asyncio.sleep(0)
        if self._fault is not None and self._over in items:
            raise self._fault
        return [2 * item for item in items]


async def test_what_arrives_during_one_piece_of_work_is_done_together_in_the_next() -> None:
    work = Work()
    group: Group[int, int] = Group(work, size_max=100)
    first = asyncio.create_task(group.submit(0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = [asyncio.create_task(group.submit(number)) for number in range(1, 10)]
    assert await asyncio.gather(first, *rest) == [2 * number for number in range(10)]
    assert work.batches == [[0], list(range(1, 10))]


async def test_no_batch_is_larger_than_it_may_be() -> None:
    work = Work()
    group: Group[int, int] = Group(work, size_max=4)
    await asyncio.gather(*(group.submit(number) for number in range(10)))
    assert max(map(len, work.batches)) == 4


async def test_only_the_one_that_breaks_the_batch_suffers() -> None:
    group: Group[int, int] = Group(Work(fault=KeyError("bad"), over=3), size_max=100)
    results = await asyncio.gather(*(group.submit(number) for number in range(6)), return_exceptions=True)
    assert isinstance(results[3], KeyError)
    assert results[:3] + results[4:] == [0, 2, 4, 8, 10]


async def test_a_fault_that_is_nobodys_goes_to_all_at_once() -> None:
    work = Work(fault=Transient("away"), over=3)
    group: Group[int, int] = Group(work, size_max=100)
    results = await asyncio.gather(*(group.submit(number) for number in range(6)), return_exceptions=True)
    assert all(isinstance(result, Transient) for result in results)
    assert len(work.batches) == 1


async def test_one_who_no_longer_waits_disturbs_nobody() -> None:
    group: Group[int, int] = Group(Work(), size_max=100)
    impatient = asyncio.create_task(group.submit(1))
    patient = asyncio.create_task(group.submit(2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == 4
    with pytest.raises(asyncio.CancelledError):
        await impatient
