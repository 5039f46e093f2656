"""How far behind a reader is, as its own figures say it."""

from nats.aio.client import Client
from nats.aio.msg import Msg

from services.kit.reader import LAGGING_S, Backlog

NOW = 1_700_000_000.0


def given(sequence: int, workspace: str = "ws-a", said_at: float = NOW) -> Msg:
    """A message as JetStream gives it: where it stands and when it was stored is in its reply subject."""
    reply = f"$JS.ACK.EVENTS.search.1.{sequence}.1.{int(said_at)}000000000.0"
    return Msg(Client(), subject=f"events.{workspace}.memory.mem-a.stored", reply=reply)


def test_who_has_settled_everything_is_not_behind() -> None:
    backlog, message = Backlog(), given(1)
    backlog.take(message)
    backlog.settle(message)
    backlog.note(1, 0, NOW + 60)
    assert backlog.lag(NOW + 60, 0) == (0.0, 0)


def test_the_oldest_that_is_not_settled_says_how_far_behind_a_reader_is() -> None:
    backlog = Backlog()
    oldest, *others = [given(number, f"ws-{number // 2}", NOW + number) for number in range(5)]
    for each in (oldest, *others):
        backlog.take(each)
    assert backlog.lag(NOW + 2 + LAGGING_S + 0.5, 5) == (2 + LAGGING_S + 0.5, 2)
    backlog.settle(oldest)
    assert backlog.lag(NOW + 2 + LAGGING_S + 0.5, 4) == (1 + LAGGING_S + 0.5, 2)


def test_what_is_to_be_tried_again_is_not_settled_before_it_is() -> None:
    backlog, first, again = Backlog(), given(7), given(7)
    backlog.take(first)
    backlog.rest(first)
    assert backlog.lag(NOW + 60, 1) == (60.0, 1)
    backlog.take(again)
    backlog.settle(again)
    backlog.note(7, 0, NOW + 61)
    assert backlog.lag(NOW + 61, 0) == (0.0, 0)


def test_what_another_replica_has_settled_counts_no_more() -> None:
    backlog, message = Backlog(), given(7)
    backlog.take(message)
    backlog.rest(message)
    backlog.note(7, 0, NOW + 60)
    assert backlog.lag(NOW + 60, 0) == (0.0, 0)


def test_a_reader_that_has_settled_nothing_yet_is_as_far_behind_as_it_was_watched() -> None:
    backlog = Backlog()
    backlog.note(0, 3, NOW)
    assert backlog.lag(NOW, 3) == (0.0, 0)
    backlog.note(0, 3, NOW + 10)
    assert backlog.lag(NOW + 10, 3) == (10.0, 0)


def test_a_reader_that_is_given_nothing_though_something_waits_is_behind_since_then() -> None:
    backlog = Backlog()
    backlog.note(7, 0, NOW)
    backlog.note(7, 3, NOW + 10)
    backlog.note(7, 3, NOW + 20)
    assert backlog.lag(NOW + 20, 3) == (20.0, 0)
    backlog.note(8, 2, NOW + 30)  # another process goes on
    assert backlog.lag(NOW + 30, 2) == (0.0, 0)
