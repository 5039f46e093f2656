"""The whole way, for sessions of every kind."""

import time
from dataclasses import asdict
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.commands import MemoryDraft
from services.extraction.distil import Distilled, Observation, Session, distil
from tests.extraction.golden_set import cases
from tests.extraction.nearness import LocalNearness
from tests.extraction.talking import BEGINNING, learnt, said, session, the_one

TOOLS = ("Redis", "Kafka", "Postgres", "Envoy", "React", "Django", "Celery", "Qdrant", "Nginx", "Vault", "Helm", "Vite")
DECISION = "We decided to use Redis for the rate limiter because counters were per worker."


def draft(memory: Distilled) -> MemoryDraft:
    """Raises where a limit is passed."""
    return MemoryDraft(
        title=memory.title,
        narrative=memory.narrative,
        memory_type=memory.memory_type,
        tags=memory.tags,
        concepts=memory.concepts,
        source_files=memory.source_files,
        importance_score=memory.importance,
        confidence_score=memory.confidence,
    )


def test_an_empty_session_teaches_nothing() -> None:
    assert learnt() == []
    assert learnt(summary="") == []
    assert learnt("", " \n ", said("", kind="command")) == []


def test_a_label_alone_teaches_nothing() -> None:
    assert learnt(summary="Post-mortem 2026-02-11. Decision: 2026.") == []


def test_a_summary_alone_is_enough_and_rests_on_no_observation() -> None:
    found = the_one(summary=DECISION)
    assert found.memory_type == "decision"
    assert found.observation_ids == ()
    assert found.quotes == (DECISION,)


def test_a_memory_names_what_it_rests_on_in_order() -> None:
    found = the_one("Let me look.", DECISION, "Done!", said(f"As said: {DECISION}", kind="note"), summary=DECISION)
    assert found.observation_ids == ("obs-1", "obs-3")


def test_files_come_from_observations_and_from_the_text() -> None:
    told = "Uploads failed because app/proxy.conf cuts bodies at 1 MB; fixed by a limit of 10 MB."
    assert the_one(said(told, "/srv/app/deploy/values.yaml")).source_files == ("app/proxy.conf", "deploy/values.yaml")


def test_unicode_is_kept() -> None:
    told = "Überall gilt: never store Größen as float, because 漢字 and émojis 🙂 are not the problem here."
    found = the_one(said(told))
    assert "Größen" in found.narrative
    assert "🙂" in found.narrative


def test_control_characters_and_lone_surrogates_come_out_nowhere() -> None:
    found = the_one(f"{DECISION[:20]}\x00\x1b\ud800\u202e{DECISION[20:]}")
    draft(found)
    text = "".join(map(str, asdict(found).values()))
    assert not {"\x00", "\x1b", "\ud800", "\u202e"} & set(text)


def test_an_observation_of_64_kb_is_read_from_both_ends() -> None:
    filling = "The page was loaded once more and looked as before.\n" * 1_300
    late = "Never deploy on Fridays, because nobody is there to roll it back."
    found = learnt(f"{DECISION}\n{filling}{late}")
    assert {it.memory_type for it in found} == {"decision", "convention"}


def test_of_a_thousand_observations_at_most_twenty_memories_come_the_most_important_first() -> None:
    told = [
        f"We decided to use {tool} in module{number} for {use}, because team{number} knows method{number * 7}."
        for number, (tool, use) in enumerate(product(TOOLS, ("sessions", "billing", "search")))
    ]
    found = learnt(*told * 28)
    assert len(found) == 20
    assert [it.importance for it in found] == sorted((it.importance for it in found), reverse=True)


def test_chatter_and_tool_output_by_the_hundred_teach_nothing() -> None:
    told: list[Observation | str] = ["Let me look at the next file.", said("5 passed in 0.8s", kind="command")]
    assert learnt(*told * 300) == []


def test_the_same_session_gives_the_same_memories() -> None:
    case = max(cases(), key=lambda it: len(it.session.observations))
    assert distil(case.session) == distil(case.session)


@pytest.mark.slow
def test_the_same_session_gives_the_same_memories_with_embeddings(nearness: LocalNearness) -> None:
    case = cases()[0]
    first = distil(case.session, nearness)
    nearness.forget()
    assert distil(case.session, nearness) == first


def test_ids_that_are_uuids_and_files_that_are_odd_do_no_harm() -> None:
    odd = Observation(str(uuid4()), "message", DECISION, ("", "\0", "x" * 5_000, "a.py"), BEGINNING)
    [found] = distil(Session("s", None, "", [odd]))
    assert found.source_files == ("a.py",)
    assert found.observation_ids == (odd.id,)


def test_every_memory_of_the_golden_set_is_a_draft_that_the_contract_takes() -> None:
    for case in cases():
        said_there = [case.session.summary or "", *(it.content for it in case.session.observations)]
        for memory in distil(case.session):
            draft(memory)
            assert len(memory.title) <= 80
            assert memory.importance <= 0.9
            assert memory.memory_type not in ("wiki", "sdlc_knowledge")
            assert memory.quotes
            assert all(any(quote in text for text in said_there) for quote in memory.quotes)


WORDS = "we decided never always because fixed crash Redis hub : ; . , \n - # ** ` ( ) [Weft — it this café \x00 \ud800"


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(st.sampled_from(WORDS.split(" ")), max_size=60).map(" ".join), max_size=5), st.text(max_size=300)
)
def test_whatever_is_said_the_bounds_hold(told: list[str], summary: str) -> None:
    for memory in distil(session(*told, summary=summary)):
        draft(memory)
        assert len(memory.title) <= 80
        assert memory.importance <= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("embedded", [False, True])
def test_two_hundred_observations_take_well_under_five_seconds(nearness: LocalNearness, embedded: bool) -> None:
    told = [it for case in cases() for it in case.session.observations if it.kind in ("message", "note")]
    telling = sorted(told, key=lambda it: -len(it.content))[:200]
    nearness.forget()
    began = time.process_time()
    distil(session(*telling), nearness if embedded else None)
    assert time.process_time() - began < 4


@pytest.mark.slow
def test_even_a_thousand_full_observations_take_seconds_only() -> None:
    piece = "We decided to use pgvector because the table crashed when a, we keep it, not that; error since it. "
    began = time.process_time()
    learnt(*[f"{number} {piece * 600}" for number in range(1_000)])
    assert time.process_time() - began < 20
