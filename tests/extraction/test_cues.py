"""Cue phrases say whether a statement is worth keeping, and of which type it is."""

import time

import pytest

from services.extraction.distil.cues import WORTH_MIN, begins_story, best, cue_weights, is_role, is_unfinished, label_of
from services.extraction.distil.cues import type_of_heading as heading


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("decision", "We decided to use Redis for sessions."),
        ("decision", "Going with SQLite over Postgres: one file, nothing to run."),
        ("decision", "We chose Vite rather than webpack, since cold starts took 40 s."),
        ("decision", "We keep the old endpoint, because two clients still call it."),
        ("incident", "The root cause was a missing index on orders.user_id."),
        ("incident", "Uploads failed because the proxy cuts bodies at 1 MB; fixed by client_max_body_size."),
        ("incident", "Requests timed out since the pool was exhausted."),
        ("convention", "Always use absolute imports."),
        ("convention", "Never log personal data."),
        ("convention", "Every endpoint must have a test for the unauthorised case."),
        ("convention", "From now on, migrations are reviewed by two people."),
        ("discovery", "It turns out that the driver ignores the timeout behind a proxy."),
        ("discovery", "Gotcha: the test client runs no startup events."),
        ("discovery", "Heads up, fork() copies no threads."),
        ("pattern", "Whenever a handler needs the user, we inject it with a dependency."),
        ("pattern", "The repository pattern is used for all access to tables."),
        ("architecture", "The gateway talks to the order service, which publishes events to Kafka."),
        ("architecture", "The domain module depends on nothing; adapters import the domain."),
    ],
)
def test_a_cue_phrase_gives_worth_and_type(kind: str, statement: str) -> None:
    found, worth = best(cue_weights(statement))
    assert found == kind
    assert worth >= WORTH_MIN


@pytest.mark.parametrize(
    "statement", ["The README has 1,400 lines.", "Two gems are outdated.", "The app crashes.", "I like this colour."]
)
def test_what_has_no_clear_cue_is_not_worth_keeping(statement: str) -> None:
    assert best(cue_weights(statement))[1] < WORTH_MIN


def test_without_any_cue_a_text_is_general_and_weighs_nothing() -> None:
    assert best(cue_weights("blue")) == ("general", 0.0)


def test_line_breaks_and_bold_print_hide_no_cue() -> None:
    plain = "Avoid sleeps: never wait for a fixed time because of the load."
    assert cue_weights("**Avoid sleeps:** never wait for\na fixed time because of the load.") == cue_weights(plain)


@pytest.mark.parametrize(
    ("sentence", "kind", "rest"),
    [
        ("Decision: use Redis", "decision", "use Redis"),
        ("**Bug fixed:** players warped", "incident", "players warped"),
        ("Gotcha: it resets", "discovery", "it resets"),
        ("Rules for the text: write you", "convention", "write you"),
        ("Structure: drivers talk to HAL", "architecture", "drivers talk to HAL"),
        ("Post-mortem 2026-02-11: no hooks", "incident", "no hooks"),
        ("The decision was hard: no", None, "The decision was hard: no"),
    ],
)
def test_a_sentence_may_name_its_type_itself(sentence: str, kind: str | None, rest: str) -> None:
    label, end = label_of(sentence)
    assert (label, sentence[end:]) == (kind, rest)


def test_a_label_weighs_more_than_a_heading_and_both_more_than_nothing() -> None:
    said = [cue_weights("the hub is slow", *labels)["decision"] for labels in (("decision",), (None, "decision"))]
    assert said[0] > said[1] >= WORTH_MIN
    assert "decision" not in cue_weights("the hub is slow")


def test_headings_say_a_type_a_part_of_a_story_or_that_nothing_is_done_yet() -> None:
    assert heading("Key decisions") == "decision"
    assert heading("Lessons learned") == "discovery"
    assert heading("Day 3") is None
    assert is_role("Root cause")
    assert is_role("Fix")
    assert not is_role("Fixes")
    assert begins_story("Problem")
    assert not begins_story("Fix")
    assert is_unfinished("Next steps")
    assert not is_unfinished("What happened")


@pytest.mark.parametrize(
    "piece",
    ["error; ", "because error since ", "is a a a not b b ", "the service owns reads ", "when a, we ", "keep, "],
)
def test_no_text_makes_it_slow(piece: str) -> None:
    began = time.process_time()
    cue_weights((piece * 2_000)[:20_000])
    assert time.process_time() - began < 3
