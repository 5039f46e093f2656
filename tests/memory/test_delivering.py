"""How webhooks are signed, and when what failed is tried again."""

from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.memory.decisions.delivering import (
    ATTEMPTS_MAX,
    BACKOFF_S,
    GIVE_UP_AFTER,
    TEST,
    Outcome,
    backoff_s,
    headers,
    reason_to_disable,
    settle,
    shown,
)

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
GOOD, BAD, SILENT = Outcome(204, 12), Outcome(429, 12, "The receiver answered 429."), Outcome(None, 15_000, "Nothing.")


def test_it_is_signed_as_the_specification_says() -> None:
    """The vector that the libraries for Standard Webhooks test themselves with."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    key = b64decode(secret.removeprefix("whsec_"))
    assert shown(key) == secret
    at, body = datetime.fromtimestamp(1_614_265_330, UTC), b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": expected,
    }
    both = headers([b"another key", key], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body)["webhook-signature"]
    assert both.split(" ")[1] == expected


@given(st.integers(1, 50), st.floats(0, 1, exclude_max=True))
def test_it_waits_longer_each_time_and_never_less_than_the_table_says(attempts: int, chance: float) -> None:
    base = BACKOFF_S[min(attempts, len(BACKOFF_S)) - 1]
    assert base <= backoff_s(attempts, chance) <= base * 1.25
    assert backoff_s(attempts + 1, 0.0) >= backoff_s(attempts, 0.0)


@pytest.mark.parametrize("outcome", [BAD, SILENT, Outcome(404, 1, ""), Outcome(301, 1, ""), Outcome(500, 1, "")])
def test_whatever_is_no_2xx_is_tried_again_until_it_is_parked(outcome: Outcome) -> None:
    attempts, at = 0, NOW
    while (settled := settle(attempts, outcome, "weft.memory.stored.v1", at, 0.5)).status == "waiting":
        assert settled.next_attempt_at is not None
        assert settled.next_attempt_at > at
        attempts, at = settled.attempts, settled.next_attempt_at
    assert (settled.status, settled.attempts) == ("parked", ATTEMPTS_MAX)
    assert timedelta(hours=8) < at - NOW < timedelta(hours=12)
    assert settle(0, outcome, TEST, NOW, 0.5).status == "parked"


def test_a_receiver_that_asks_for_it_is_left_alone_for_longer_and_never_asked_sooner() -> None:
    busy, told = replace(BAD, retry_after_s=600.0), "weft.memory.stored.v1"
    assert settle(0, busy, told, NOW, 0.5).next_attempt_at == NOW + timedelta(minutes=10)
    assert settle(5, busy, told, NOW, 0.0).next_attempt_at == NOW + timedelta(hours=1)
    assert settle(0, replace(busy, retry_after_s=0.0), told, NOW, 0.0).next_attempt_at == NOW + timedelta(seconds=5)


def test_a_2xx_takes_it() -> None:
    settled = settle(3, GOOD, "weft.memory.stored.v1", NOW, 0.5)
    assert (settled.status, settled.attempts, settled.next_attempt_at) == ("delivered", 4, None)


def test_it_is_disabled_when_the_receiver_is_gone_or_after_days() -> None:
    assert reason_to_disable(BAD, NOW - GIVE_UP_AFTER + timedelta(seconds=1), NOW) is None
    assert "3 days" in str(reason_to_disable(BAD, NOW - GIVE_UP_AFTER, NOW))
    assert "410" in str(reason_to_disable(Outcome(410, 1, ""), NOW, NOW))
