"""Titles are short and come to the point; narratives are one to four whole sentences; quotes are verbatim."""

import pytest

from tests.extraction.talking import said, the_one


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ("We decided to use Redis because counters were per worker.", "Use Redis"),
        (
            "Going with Redis INCR for the limiter, not a Lua bucket: it is good enough.",
            "Use Redis INCR for the limiter, not a Lua bucket",
        ),
        ("We chose Vite rather than webpack, since cold starts took 40 s.", "Choose Vite rather than webpack"),
        (
            "It turns out that the driver ignores the timeout behind a proxy.",
            "Driver ignores the timeout behind a proxy",
        ),
        ("Note that useCursor silently skips frames.", "useCursor silently skips frames"),
        ("Gotcha: the test client runs no startup events.", "Test client runs no startup events"),
        ("From now on, never log personal data.", "Never log personal data"),
        ("From now on no network calls inside a transaction.", "No network calls inside a transaction"),
        ("I also noticed that the cache silently drops keys.", "Cache silently drops keys"),
        ("Root cause of the lag: each record is logged at DEBUG because of a bug.", "Each record is logged at DEBUG"),
        ("and please never edit `migrations/` on main.", "Never edit migrations/ on main"),
    ],
)
def test_a_title_comes_to_the_point(told: str, title: str) -> None:
    found = the_one(said(told)).title
    assert found.startswith(title)
    assert not found.endswith(".")


def test_a_long_sentence_has_a_short_title_that_ends_at_a_whole_word() -> None:
    told = (
        "The upload of very large spreadsheet attachments through the public customer portal failed because the proxy "
        "in front of the object store closes every connection after sixty seconds without a byte."
    )
    title = the_one(told).title
    assert 16 <= len(title) <= 80
    assert told[4:].lower().startswith(title.lower())
    assert told[4:][len(title)] in " ,"
    assert title.split()[-1] not in {"the", "of", "because", "and"}


def test_the_sentence_in_the_title_is_understood_without_the_others() -> None:
    cause = "The payment handler holds a transaction while it calls the fraud service."
    found = the_one(f"{cause} That is the root cause of the outage.")
    assert cause.removeprefix("The ").lower().startswith(found.title.lower())


def test_this_file_is_called_by_its_name() -> None:
    told = "This file must never import the web framework, because workers load it without one."
    found = the_one(said(told, "app/jobs.py"))
    assert "jobs.py must never import" in found.narrative
    assert found.quotes == (told,)


def test_a_narrative_has_what_another_telling_adds_and_four_sentences_at_most() -> None:
    found = the_one(
        "The checkout timed out because the payment handler held a transaction during the fraud call.",
        "Fixed the checkout timeout in the payment handler: the fraud call now comes before the transaction. "
        "Alerts page the on-call engineer when connections exceed eighty percent.",
    )
    assert "timed out" in found.narrative
    assert "on-call" in found.narrative
    assert found.narrative.count(". ") <= 3
    assert found.narrative.endswith(".")


def test_marks_and_line_breaks_stay_out_of_the_narrative_and_in_the_quotes() -> None:
    told = "**Decision:** hits are decided on the server with a rewind of 200 ms,\nnot on the client."
    found = the_one(told)
    assert found.narrative == "Hits are decided on the server with a rewind of 200 ms, not on the client."
    assert found.quotes == (told,)
