"""How long somebody asks us to stay away: the header `Retry-After` (RFC 9110, 10.2.3)."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

RETRY_AFTER_MAX_S = 3_600.0


def retry_after_s(header: str | None) -> float | None:
    """Seconds from now, in [0, 3600]; a header says them, or a date. None where it says neither."""
    if header is None:
        return None
    try:
        wait_s = float(header)
    except ValueError:
        try:
            wait_s = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return None if math.isnan(wait_s) else min(max(0.0, wait_s), RETRY_AFTER_MAX_S)
