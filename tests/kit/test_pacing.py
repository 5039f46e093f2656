"""When work that can wait steps back, and for how long."""

from datetime import timedelta

import pytest

from services.kit.pacing import BUSY_PER_S, LATE, SHARE_WHEN_BUSY, WINDOW_S, Pace, rest_s

NOW = timedelta()


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("arrivals_per_s", "behind", "rests"),
    [
        (0.0, NOW, False),
        (BUSY_PER_S - 1, NOW, False),
        (BUSY_PER_S, NOW, True),
        (BUSY_PER_S, LATE, True),
        (1_000.0, LATE + timedelta(seconds=1), False),
    ],
)
def test_it_rests_while_much_goes_on_until_it_is_late(arrivals_per_s: float, behind: timedelta, rests: bool) -> None:
    assert (rest_s(0.1, arrivals_per_s, behind) > 0) is rests


def test_work_takes_no_more_than_its_share() -> None:
    worked_s = 0.3
    assert worked_s / (worked_s + rest_s(worked_s, BUSY_PER_S, NOW)) == pytest.approx(SHARE_WHEN_BUSY)


def test_nothing_seen_is_nothing_going_on() -> None:
    assert Pace(Clock()).arrivals_per_s() == 0.0


def test_what_was_not_read_yet_counts_as_arrived_and_what_was_there_before_does_not() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note(50_000, NOW)
    assert pace.arrivals_per_s() == 0.0
    clock.now += WINDOW_S
    pace.note(50_400, NOW)
    assert pace.arrivals_per_s() == pytest.approx(200)


def test_a_rest_longer_than_the_window_does_not_blind_it() -> None:
    clock = Clock()
    pace = Pace(clock)
    for number in range(5):
        pace.note(number * 1_000, NOW)
        clock.now += WINDOW_S * 5
    assert pace.arrivals_per_s() == pytest.approx(1_000 / (WINDOW_S * 10))


def test_it_is_forgotten_when_it_is_over() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note(0, NOW)
    clock.now += 1
    pace.note(1_000, NOW)
    clock.now += 60
    assert pace.arrivals_per_s() < BUSY_PER_S
