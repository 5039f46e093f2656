"""A key that was rotated is dead at every gateway when that is answered, also where memory is killed meanwhile."""

import asyncio
import signal
from functools import partial

import pytest

from tests.stack import Stack, eventually
from tests.system.rotating import Rotating, gateways

pytestmark = pytest.mark.slow

KEYS = 8
ROTATIONS = 125
"""Of each key: a thousand in all."""
ROTATIONS_WITH_KILLS = 40
GATEWAYS = 3


async def test_no_gateway_lets_in_who_has_a_secret_that_was_rotated_away(stack: Stack) -> None:
    with gateways(stack, GATEWAYS) as urls:
        rotating = [Rotating(stack, urls, clients=1) for _ in range(KEYS)]
        await asyncio.gather(*(each.run(ROTATIONS) for each in rotating))
    for each in rotating:
        assert (each.late, each.missed) == (0, 0)
        assert len(each.took_s) == ROTATIONS
        assert each.refused > ROTATIONS * GATEWAYS
        assert each.served > 0


async def _has_done(rotating: Rotating, number: int) -> bool:
    return len(rotating.took_s) >= number


async def test_a_memory_service_that_dies_in_the_middle_leaves_no_secret_alive(stack: Stack) -> None:
    with gateways(stack, GATEWAYS) as urls:
        rotating = Rotating(stack, urls)
        running = asyncio.create_task(rotating.run(ROTATIONS_WITH_KILLS))
        for number in (1, 15, 30):
            await eventually(partial(_has_done, rotating, number), f"{number} rotations")
            killed = stack.kill("memory", signal.SIGKILL)
            await asyncio.to_thread(stack.wait_restarted, "memory", killed)
        await running
    assert rotating.late == 0
    assert len(rotating.took_s) == ROTATIONS_WITH_KILLS
