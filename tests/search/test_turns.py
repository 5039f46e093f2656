"""Whose turn it is among workspaces that wait to be embedded."""

import pytest

from services.search.turns import Turns

BACKLOG = [f"ws-{number}" for number in range(1_000)]


def waiting(*workspace_ids: str) -> Turns[str]:
    turns = Turns[str]()
    for workspace_id in workspace_ids:
        turns.expect(workspace_id)
    return turns


def test_who_comes_after_a_thousand_is_served_within_three_turns() -> None:
    turns = waiting(*BACKLOG)
    for _ in range(10):
        turns.go_on(turns.next())
    turns.expect("ws-late")
    assert "ws-late" in [turns.next() for _ in range(3)]


def test_nobody_waits_for_ever_however_many_come() -> None:
    turns = waiting("ws-first")
    turns.go_on(turns.next())
    turns.expect("ws-old")
    served = set()
    for number in range(10):
        turns.expect(f"ws-new-{number}")
        served.add(turns.next())
    assert {"ws-first", "ws-old"} <= served


def test_a_big_workspace_takes_no_more_turns_than_another() -> None:
    turns = waiting("ws-big", "ws-other")
    served = []
    for _ in range(10):
        served.append(turns.next())
        turns.go_on(served[-1])
    assert served.count("ws-big") == served.count("ws-other") == 5


def test_everybody_is_served_and_once_for_each_time_it_was_expected() -> None:
    turns = waiting(*BACKLOG, *BACKLOG)
    assert sorted(turns.next() for _ in BACKLOG) == sorted(BACKLOG)
    assert not turns
    with pytest.raises(IndexError):
        turns.next()


def test_who_goes_on_and_is_expected_too_waits_once() -> None:
    turns = waiting("ws-a")
    turns.go_on("ws-a")
    turns.expect("ws-a")
    assert turns.next() == "ws-a"
    assert not turns
