"""What the analytics example keeps: each event once, and of what was deleted nothing but that it was."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from examples.analytics.store import Store
from tests import examples
from tests.analytics.days import Days, as_json, erased, erasures

pytestmark = pytest.mark.slow


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "weft.duckdb") as opened:
        yield opened


@pytest.fixture
def days() -> list[dict[str, Any]]:
    return list(islice(Days(examples.a_workspace_id()).events(), 600))


def take(store: Store, *events: dict[str, Any]) -> None:
    store.take([as_json(event) for event in events])


def rows(store: Store, query: str = "FROM events ORDER BY ALL") -> list[tuple[Any, ...]]:
    return store.ask(query)


def test_however_often_and_in_whatever_batches_events_come_they_are_there_once(
    store: Store, days: list[dict[str, Any]], tmp_path: Path
) -> None:
    take(store, *days)
    with Store(tmp_path / "other.duckdb") as other:
        for begin in range(0, 600, 100):
            take(other, *days[max(begin - 70, 0) : begin + 100], *days[begin : begin + 50])
        assert rows(other) == rows(store)
        assert other.cursors() == {days[0]["workspace"]: 600}


def test_two_workspaces_may_count_alike(store: Store, days: list[dict[str, Any]]) -> None:
    others = list(islice(Days("ws-zzzzzzzzzzzz").events(), 7))
    take(store, *days, *others)
    assert store.cursors() == {days[0]["workspace"]: 600, "ws-zzzzzzzzzzzz": 7}
    assert rows(store, "SELECT sum(missing) FROM cursors") == [(0,)]


def test_what_was_erased_is_what_it_would_be_had_it_never_been_read(
    store: Store, days: list[dict[str, Any]], tmp_path: Path
) -> None:
    gone = erasures(days)
    assert gone
    take(store, *days, *gone)
    subjects = ", ".join(f"'{it['subject']}'" for it in gone)
    assert rows(
        store, f"SELECT count(title), count(tags), count(useful) FROM events WHERE subject IN ({subjects})"
    ) == [(0, 0, 0)]
    with Store(tmp_path / "later.duckdb") as later:
        seqs = {it["seq"] for it in gone}
        take(later, *(erased(it) if it["seq"] in seqs else it for it in days))
        assert rows(later) == rows(store)
    assert {
        row[0] for row in rows(store, "SELECT erased FROM events WHERE title IS NULL AND type = 'memory.stored'")
    } == {True}


def test_of_a_workspace_that_is_gone_only_that_is_left(store: Store, days: list[dict[str, Any]]) -> None:
    take(store, *days)
    take(store, days[0] | {"seq": 601, "type": "weft.workspace.deleted.v1", "data": {}})
    assert rows(store, "SELECT seq, type FROM events") == [(601, "workspace.deleted")]


def test_the_views_say_what_became_of_things(store: Store) -> None:
    days = list(islice(Days(examples.a_workspace_id(), seed=3).events(), 2_000))
    take(store, *days)
    kinds = [it["type"].removeprefix("weft.").removesuffix(".v1") for it in days]
    assert dict(rows(store, "SELECT source, count(*) FROM memories WHERE deleted IS NULL GROUP BY 1")).keys() == {
        "session",
        "by hand",
        "import",
    }
    assert rows(store, "SELECT count(*), count(deleted) FROM memories") == [
        (kinds.count("memory.stored") + kinds.count("memory.imported"), kinds.count("memory.deleted"))
    ]
    assert rows(store, "SELECT count(*), count(ended) FROM sessions")[0][1] == kinds.count("session.ended")
    statuses = dict(rows(store, "SELECT status, count(*) FROM jobs GROUP BY status"))
    assert sum(statuses.values()) == kinds.count("job.changed") // 2
    assert rows(store, "SELECT sum(found_useful + found_useless) FROM memories")[0][0] <= kinds.count("memory.rated")
