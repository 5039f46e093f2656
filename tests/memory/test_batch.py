"""Deciding many commands at once: gapless places in the log, and each command settled once."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from contracts.base import now
from contracts.commands import AnyCommand
from services.memory.decisions.batch import REPLAY_FOR, Batch, Known, decide_all
from services.memory.decisions.state import WorkspaceState
from tests import examples

WS = examples.a_workspace_id()
FINGERPRINT, OTHER = "a" * 64, "b" * 64


def a_state() -> WorkspaceState:
    return WorkspaceState(WS, "team", seq=10, namespaces={"default": "active"})


def run(state: WorkspaceState, commands: Sequence[AnyCommand], known: dict[UUID, Known] | None = None) -> Batch:
    return decide_all(state, commands, known or {}, now(), iter(uuid4, None))


def answers(batch: Batch) -> list[dict[str, Any]]:
    return [json.loads(answer) for answer in batch.answers]


def code(answer: dict[str, Any]) -> str | None:
    return (answer.get("refusal") or {}).get("code")


def known_from(batch: Batch, age: timedelta = timedelta(0)) -> dict[UUID, Known]:
    return {
        it.command.command_id: Known(it.command.attempt, it.command.fingerprint, it.status, it.answer, now() - age)
        for it in batch.settled
    }


@given(st.lists(st.sampled_from(["store", "revise", "delete", "access", "missing"]), max_size=30))
def test_seq_has_no_gap_and_versions_count_each_stream(kinds: list[str]) -> None:
    state, made, commands = a_state(), list[str](), list[AnyCommand]()
    for kind in kinds:
        target = made[-1] if made else examples.a_memory_id()
        match kind:
            case "store":
                command = examples.store(WS)
                made.append(command.memory_id)
                commands.append(command)
            case "revise":
                commands.append(examples.revise(WS, target, {"title": str(len(commands))}))
            case "delete":
                commands.append(examples.delete(WS, target))
            case "access":
                commands.append(examples.access(WS, target))
            case _:
                commands.append(examples.delete(WS, examples.a_memory_id()))
    batch = run(state, commands)
    assert [it.seq for it in batch.recorded] == list(range(11, 11 + len(batch.recorded)))
    assert state.seq == 10 + len(batch.recorded)
    for stream in {it.stream for it in batch.recorded}:
        versions = [it.version for it in batch.recorded if it.stream == stream]
        assert versions == list(range(1, len(versions) + 1))
    assert state.memory_count == sum(state.alive(memory_id) is not None for memory_id in made)
    assert len(batch.answers) == len(commands)


def test_each_command_sees_what_the_one_before_it_did() -> None:
    stored = examples.store(WS)
    batch = run(
        a_state(),
        [
            stored,
            examples.revise(WS, stored.memory_id, {"title": "New"}),
            examples.delete(WS, stored.memory_id),
            examples.access(WS, stored.memory_id),
        ],
    )
    first, second, third, fourth = answers(batch)
    assert (first["body"]["revision"], second["body"]["revision"]) == (1, 2)
    assert second["body"]["title"] == "New"
    assert third == {"body": None}
    assert code(fourth) == "unknown_memory"


def test_the_same_command_twice_in_one_fetch_is_one_memory_and_one_answer() -> None:
    command = examples.store(WS)
    batch = run(a_state(), [command, command])
    assert len(batch.recorded) == len(batch.settled) == 1
    assert batch.answers[0] == batch.answers[1]


def test_a_redelivered_command_gets_the_answer_that_stands() -> None:
    command = examples.store(WS)
    state = a_state()
    first = run(state, [command])
    again = run(state, [command], known_from(first))
    assert (again.answers, again.recorded, again.settled) == (first.answers, [], [])


def test_a_repeated_idempotency_key_gets_the_first_answer() -> None:
    command = examples.store(WS, fingerprint=FINGERPRINT)
    state = a_state()
    first = run(state, [command])
    retry = command.model_copy(update={"attempt": uuid4()})
    assert run(state, [retry], known_from(first)).answers == first.answers


def test_an_idempotency_key_with_another_request_is_refused() -> None:
    command = examples.store(WS, fingerprint=FINGERPRINT)
    first = run(a_state(), [command])
    other = command.model_copy(update={"attempt": uuid4(), "fingerprint": OTHER})
    assert code(answers(run(a_state(), [other], known_from(first)))[0]) == "idempotency_key_reused"


def test_an_idempotency_key_is_good_for_a_day() -> None:
    command = examples.store(WS, fingerprint=FINGERPRINT)
    first = run(a_state(), [command])
    retry = command.model_copy(update={"attempt": uuid4()})
    late = known_from(first, REPLAY_FOR + timedelta(seconds=1))
    assert code(answers(run(a_state(), [retry], late))[0]) == "idempotency_key_expired"


def test_what_was_made_and_deleted_since_is_gone() -> None:
    command = examples.store(WS, fingerprint=FINGERPRINT)
    erased = {command.command_id: Known(uuid4(), FINGERPRINT, "committed", None, now())}
    assert code(answers(run(a_state(), [command], erased))[0]) == "already_deleted"


def test_a_refusal_stands_for_its_attempt_and_is_decided_anew_for_the_next() -> None:
    stored = examples.store(WS)
    command = examples.access(WS, stored.memory_id, fingerprint=FINGERPRINT)
    refused = run(a_state(), [command])
    state = a_state()
    run(state, [stored])
    assert code(answers(run(state, [command], known_from(refused)))[0]) == "unknown_memory"
    retry = command.model_copy(update={"attempt": uuid4()})
    assert answers(run(state, [retry], known_from(refused)))[0]["body"]["access_count"] == 1
