"""What comes twice, and what is missing, by `seq` and by the count of deliveries."""

import pytest
from weft.events.event import Event, Unknown, read
from weft.events.order import REMEMBERED_MAX, Gap, Order

from tests.happened import ERASED, an_event

W, V = "ws-aaaaaaaaaaaa", "ws-bbbbbbbbbbbb"
ALL = ("events.>",)


def event(seq: int, event_type: str = "weft.memory.stored.v1", workspace: str = W) -> Event:
    return read(an_event(workspace, seq, event_type))


def took(order: Order, *seqs: int) -> Order:
    for seq in seqs:
        order.took(event(seq))
    return order


def test_what_was_handed_over_is_a_double_and_what_follows_is_not() -> None:
    order = took(Order(None, ALL), 5, 6)
    assert [order.is_double(event(seq)) for seq in (4, 5, 6, 7)] == [False, True, True, False]
    assert not order.is_double(event(5, workspace=V))


def test_that_something_was_erased_is_news_once() -> None:
    order = took(Order(10, ALL), 11)
    assert not order.is_double(event(11, ERASED))
    assert order.gap(event(11, ERASED), 0) is None
    order.took(event(11, ERASED))
    assert order.is_double(event(11, ERASED))
    assert order.position(W) == 11


@pytest.mark.parametrize(
    ("after", "expected"), [(None, None), (0, Gap(W, 1, 4, 4)), (4, None), ({W: 2}, Gap(W, 3, 4, 2))]
)
def test_before_the_first_event_only_who_said_where_he_is_misses_something(
    after: int | dict[str, int] | None, expected: Gap | None
) -> None:
    assert Order(after, ALL).gap(event(5), 0) == expected


def test_a_workspace_that_was_not_named_begins_at_its_start() -> None:
    assert Order({V: 7}, ALL).gap(event(3), 0) == Gap(W, 1, 2, 2)


def test_after_a_gap_that_nobody_filled_a_late_event_is_still_news() -> None:
    order = took(Order(None, ALL), 1, 2, 7)
    assert [order.is_double(event(seq)) for seq in (2, 4, 7)] == [True, False, True]


def test_what_the_log_gave_is_a_double_on_the_stream_and_what_it_did_not_give_is_news() -> None:
    order = Order(3, ALL)
    assert order.covered(W, 9, [event(seq) for seq in (4, 5, 6, 8, 9)]) == Gap(W, 7, 7, 1)
    assert [order.is_double(event(seq)) for seq in (3, 5, 7, 9, 10)] == [True, True, False, True, False]
    assert order.gap(event(10), 0) is None


def test_a_filter_leaves_holes_that_are_no_gaps() -> None:
    order = took(Order(None, (f"events.{W}.memory.>",)), 1, 9)
    assert order.gap(event(20), 0) is None
    assert order.gap(event(20), 2) == Gap(W, 10, 19, 2)
    assert not order.is_double(event(5))


def test_deliveries_are_counted_whatever_becomes_of_them() -> None:
    order = Order(None, ALL)
    assert [order.skipped(delivery) for delivery in (7, 8, 11, 9, 12)] == [0, 0, 2, 0, 0]


@pytest.mark.parametrize(("filters", "is_gap"), [([">"], True), (["events.*.>"], True), (["events.*.*.a.>"], False)])
def test_only_who_hears_everything_can_tell_by_seq(filters: list[str], is_gap: bool) -> None:
    assert (took(Order(None, filters), 1).gap(event(3), 0) is not None) == is_gap


def test_a_filtered_reader_who_says_where_he_is_may_have_missed_something() -> None:
    assert Order(4, (f"events.{W}.memory.>",)).gap(event(20), 0) == Gap(W, 5, 19, 0)


def test_of_the_log_is_wanted_what_the_consumer_would_deliver() -> None:
    order = Order(0, (f"events.{W}.memory.*.stored", f"events.{W}.session.>"))
    kinds = ["weft.memory.stored.v1", "weft.memory.rated.v1", "weft.session.ended.v1", ERASED]
    assert [order.is_wanted(event(1, kind)) for kind in kinds] == [True, False, True, False]
    assert not order.is_wanted(event(1, workspace=V))
    assert Order(0, ("events.*.memory.>",)).is_wanted(event(1, ERASED))


def test_a_type_that_nobody_has_heard_of_is_no_reason_to_stop() -> None:
    told = an_event(W, 3) | {"type": "weft.dream.had.v1", "data": {"about": "sheep"}}
    found = read(told)
    assert isinstance(found.data, Unknown)
    assert found.model_dump()["data"] == {"about": "sheep"}
    assert Order(0, ("events.*.dream.>",)).is_wanted(found)


def test_only_so_many_ids_are_kept() -> None:
    order = Order(None, ("events.*.memory.>",))
    first = event(1)
    for seq in range(1, REMEMBERED_MAX + 2):
        order.took(first.model_copy(update={"id": seq, "seq": seq}))
    assert len(order._recent) == REMEMBERED_MAX
