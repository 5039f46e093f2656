"""Importance and confidence follow what speaks for a statement."""

import pytest

from services.extraction.distil.evidence import checks_of
from tests.extraction.talking import said, the_one

BUG = "The total was wrong because the discount was applied twice in the TaxCalculator."
PASSED = said("$ pytest -q\n40 passed in 3.10s", kind="command")
FAILED = said("$ pytest -q\n1 failed, 39 passed in 3.10s", kind="command")


def test_the_summary_repetition_a_test_and_a_user_raise_both() -> None:
    bare = the_one(BUG)
    for better in (the_one(BUG, summary=BUG), the_one(BUG, BUG), the_one(BUG, PASSED)):
        assert better.importance > bare.importance
        assert better.confidence > bare.confidence
    rule = "Always store amounts as integer cents."
    agent, user = the_one(said(rule)), the_one(said(rule, by="user"))
    assert (user.importance, user.confidence) > (agent.importance, agent.confidence)


def test_a_hedge_lowers_both() -> None:
    bare, hedged = the_one(BUG), the_one(f"I think {BUG[0].lower()}{BUG[1:]}")
    assert hedged.importance < bare.importance
    assert hedged.confidence < bare.confidence - 0.2


def test_a_test_that_failed_or_ran_before_says_nothing() -> None:
    bare = the_one(BUG)
    assert the_one(BUG, FAILED).confidence == bare.confidence
    assert the_one(PASSED, BUG).confidence == bare.confidence
    assert the_one(BUG, FAILED, PASSED).confidence > bare.confidence


def test_importance_stays_below_what_a_person_pins() -> None:
    told = "Never deploy on Fridays because customers in production lost data; this is a security rule."
    users = [said(told, by="user")] * 5
    found = the_one(*users, PASSED, summary=told)
    assert found.importance == 0.9
    assert found.confidence <= 0.95


@pytest.mark.parametrize(
    ("output", "outcome"),
    [
        ("5 passed in 0.84s", True),
        ("test result: ok. 31 passed; 0 failed", True),
        ("[INFO] Tests run: 214, Failures: 0, Errors: 0", True),
        ("840 examples, 0 failures", True),
        ("ok  \tledger/internal/domain\t0.011s", True),
        ("1 failed, 4 passed in 6.22s", False),
        ("test result: FAILED. 30 passed; 1 failed", False),
        ("BUILD FAILURE", False),
        ("total 12\nmain.py", None),
    ],
)
def test_the_outcome_of_tests_is_read_from_their_output(output: str, outcome: bool | None) -> None:
    assert checks_of([said(output, kind="command")]) == [outcome]


def test_only_commands_and_tools_run_tests() -> None:
    assert checks_of([said("all good, 5 passed")]) == [None]
