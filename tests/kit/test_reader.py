"""How far behind a reader is, as its own figures say it."""

from services.kit.reader import LAGGING_S, Backlog

NOW = 1_000_000.0


def test_who_has_settled_everything_is_not_behind() -> None:
    backlog = Backlog()
    backlog.take(1, "ws-a", NOW)
    backlog.settle(1)
    backlog.note(1, 0, NOW + 60)
    assert (backlog.lag_s(NOW + 60, 0), backlog.lagging(NOW + 60)) == (0.0, 0)


def test_the_oldest_that_is_not_settled_says_how_far_behind_a_reader_is() -> None:
    backlog = Backlog()
    for number, workspace in enumerate(["ws-a", "ws-a", "ws-b", "ws-c"]):
        backlog.take(number, workspace, NOW + number)
    assert backlog.lag_s(NOW + LAGGING_S + 2.5, 4) == LAGGING_S + 2.5
    assert backlog.lagging(NOW + LAGGING_S + 2.5) == 2
    backlog.settle(0)
    assert backlog.lag_s(NOW + LAGGING_S + 2.5, 3) == LAGGING_S + 1.5


def test_what_another_replica_has_settled_counts_no_more() -> None:
    backlog = Backlog()
    backlog.take(7, "ws-a", NOW)
    backlog.note(7, 0, NOW + 60)
    assert (backlog.lag_s(NOW + 60, 0), backlog.lagging(NOW + 60)) == (0.0, 0)


def test_a_reader_that_is_given_nothing_though_something_waits_is_behind_since_then() -> None:
    backlog = Backlog()
    backlog.note(7, 0, NOW)
    backlog.note(7, 3, NOW + 10)
    backlog.note(7, 3, NOW + 20)
    assert backlog.lag_s(NOW + 20, 3) == 20
    backlog.note(8, 2, NOW + 30)  # another process goes on
    assert backlog.lag_s(NOW + 30, 2) == 0
