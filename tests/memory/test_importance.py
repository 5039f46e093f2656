"""How importance moves by itself: a pure function, within bounds whatever it is given."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.memory.decisions.importance import Figures, moved, recency_of, target, usage_of

SHARES = st.floats(0.0, 1.0)
FIGURES = st.builds(Figures, SHARES, SHARES, SHARES, SHARES, SHARES)
ROUNDED = 1e-6
DAY = date(2026, 3, 14)


@pytest.mark.parametrize(
    ("figures", "wanted"),
    [
        (Figures(1, 0, 0, 0, 0), 0.45),
        (Figures(0, 1, 0, 0, 0), 0.20),
        (Figures(0, 0, 1, 0, 0), 0.15),
        (Figures(0, 0, 0, 1, 0), 0.10),
        (Figures(0, 0, 0, 0, 1), 0.10),
        (Figures(1, 1, 1, 1, 1), 1.0),
    ],
)
def test_the_target_weighs_each_figure_as_specified(figures: Figures, wanted: float) -> None:
    assert target(figures) == pytest.approx(wanted)


@given(SHARES, FIGURES)
def test_a_step_is_a_fifth_of_the_way_and_at_most_a_twentieth(importance: float, figures: Figures) -> None:
    after = moved(importance, figures)
    way = target(figures) - importance
    if after is None:
        assert importance == 1.0 or abs(way) < 0.005 + ROUNDED
    else:
        assert 0.0 <= after < 1.0
        assert abs(after - importance) <= 0.05 + ROUNDED
        expected = way / 5 if abs(way) <= 0.25 else 0.05 if way > 0 else -0.05
        assert after - importance == pytest.approx(expected, abs=ROUNDED)


@given(FIGURES)
def test_what_is_pinned_never_moves(figures: Figures) -> None:
    assert moved(1.0, figures) is None


@given(st.floats(0.0, 0.999), FIGURES)
def test_it_comes_to_rest_near_the_target_without_passing_it(importance: float, figures: Figures) -> None:
    ways = [target(figures) - importance]
    for _ in range(60):
        after = moved(importance, figures)
        if after is None:
            break
        importance = after
        ways.append(target(figures) - importance)
    assert moved(importance, figures) is None
    assert abs(ways[-1]) <= 0.005 + ROUNDED
    assert all(abs(later) <= abs(sooner) for sooner, later in pairwise(ways))


@given(st.integers(0, 10_000_000), st.integers(0, 10_000_000))
def test_usage_grows_with_every_use_and_stays_below_one(accesses: int, retrievals: int) -> None:
    usage = usage_of(accesses, retrievals)
    assert 0.0 <= usage < usage_of(accesses + 1, retrievals) < 1.0
    assert usage <= usage_of(accesses, retrievals + 1)


def test_ten_uses_are_half_and_four_finds_are_one_use() -> None:
    assert usage_of(0, 0) == 0.0
    assert usage_of(10, 0) == 0.5
    assert usage_of(5, 20) == 0.5


@given(st.integers(-400, 4_000), st.integers(1, 400))
def test_recency_only_falls(days: int, more: int) -> None:
    def recency(age: int) -> float:
        return recency_of(datetime(2026, 3, 14, tzinfo=UTC) - timedelta(days=age), DAY)

    assert 0.0 <= recency(days + more) <= recency(days) <= 1.0


def test_recency_halves_every_thirty_days() -> None:
    ages = [recency_of(datetime(2026, 3, 14, tzinfo=UTC) - timedelta(days=days), DAY) for days in (-1, 0, 30, 90)]
    assert ages == [1.0, 1.0, 0.5, 0.125]
