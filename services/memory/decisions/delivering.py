"""How webhooks are signed (Standard Webhooks), when what failed is tried again, and when enough is enough. Pure."""

import hmac
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.base import DeliveryStatus

BACKOFF_S = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400)
"""How long a delivery rests before its second, third, ... attempt, before it is made a little longer by chance."""
ATTEMPTS_MAX = len(BACKOFF_S) + 1
JITTER = 0.25
GIVE_UP_AFTER = timedelta(days=3)
"""A webhook to which nothing could be delivered for so long is disabled."""
BOTH_SECRETS_FOR = timedelta(hours=24)
GONE = 410
PREFIX = "whsec_"
TEST = "weft.webhook.test.v1"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one attempt: the status that came, or none, and in our words why that is not good. `retry_after_s`: how long
    the receiver wants to be left alone.
    """

    response_status: int | None
    duration_ms: int
    note: str | None = None
    retry_after_s: float | None = None

    @property
    def is_good(self) -> bool:
        return self.response_status is not None and 200 <= self.response_status < 300


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of a delivery after an attempt. `next_attempt_at`: while it waits."""

    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None


def backoff_s(attempts: int, chance: float) -> float:
    """How long to wait after so many attempts that failed; `chance` in [0, 1) makes it up to a quarter longer, so that
    what failed together is not tried again together."""
    return BACKOFF_S[min(attempts, len(BACKOFF_S)) - 1] * (1 + JITTER * chance)


def settle(attempts: int, outcome: Outcome, event_type: str, now: datetime, chance: float) -> Settled:
    """`attempts`: that were made before this one. A test is tried once."""
    attempts += 1
    if outcome.is_good:
        return Settled("delivered", attempts, None)
    if attempts >= ATTEMPTS_MAX or event_type == TEST:
        return Settled("parked", attempts, None)
    pause_s = max(backoff_s(attempts, chance), outcome.retry_after_s or 0.0)
    return Settled("waiting", attempts, now + timedelta(seconds=pause_s))


def reason_to_disable(outcome: Outcome, failing_since: datetime, now: datetime) -> str | None:
    """Why a webhook is to be disabled after an attempt that failed, if it is."""
    if outcome.response_status == GONE:
        return "The receiver answered that it is gone (410)."
    if now - failing_since >= GIVE_UP_AFTER:
        return f"Nothing could be delivered for {GIVE_UP_AFTER.days} days."
    return None


def shown(secret: bytes) -> str:
    """The secret in the form in which libraries for Standard Webhooks take it."""
    return PREFIX + b64encode(secret).decode()


def headers(secrets: list[bytes], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers by which a receiver knows who sent `body`, and when; a signature for each of the secrets."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    signatures = (b64encode(hmac.digest(each, signed, "sha256")).decode() for each in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }
