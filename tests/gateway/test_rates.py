"""Limits for each key."""

import pytest
from pydantic import ValidationError

from services.gateway.api.wire.errors import Problem
from services.gateway.api.wire.rates import Rate
from services.gateway.settings import GatewaySettings, read_rates


async def test_beyond_its_limit_a_key_is_told_when_to_come_again() -> None:
    rate = Rate("write", read_rates("3/minute"))
    for _ in range(3):
        await rate.count("key:a")
    with pytest.raises(Problem) as refused:
        await rate.count("key:a")
    assert refused.value.status == 429
    assert refused.value.headers is not None
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 60


async def test_one_keys_limit_is_not_anothers_nor_one_kind_of_call_the_other() -> None:
    writes = Rate("write", read_rates("1/minute"))
    await writes.count("key:a")
    await writes.count("key:b")
    await Rate("read", read_rates("1/minute")).count("key:a")


async def test_no_limit_is_none() -> None:
    rate = Rate("write", read_rates(""))
    for _ in range(10_000):
        await rate.count("key:a")


@pytest.mark.parametrize("text", ["many", "10", "10/fortnight", "-1/second"])
def test_what_is_no_limit_is_seen_at_the_start(text: str) -> None:
    with pytest.raises(ValidationError):
        GatewaySettings.model_validate(
            {"nats_url": "nats://x", "key_pepper": "p", "portal_key": "k" * 32, "rate_writes": text}
        )
