"""The header by which somebody asks to be left alone for a while."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from services.kit.retry_after import retry_after_s


def test_a_pause_may_be_said_as_seconds_or_as_a_date_and_is_bounded() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)
    assert retry_after_s(soon) == pytest.approx(120, abs=5)
    assert retry_after_s("12.5") == 12.5
    assert retry_after_s("1e99") == retry_after_s("inf") == 3_600.0
    assert retry_after_s("-5") == retry_after_s("Mon, 01 Jan 2001 00:00:00 GMT") == 0.0
    assert [retry_after_s(it) for it in (None, "", "soon", "nan", "Mon, 01 Jan 2001 00:00:00 -0000")] == [None] * 5
