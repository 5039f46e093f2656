"""The table from a service's refusal to an HTTP status."""

from typing import get_args

import pytest

from contracts.replies import RefusalCode
from services.gateway.api.refusals import REFUSALS, body_of, refused
from services.gateway.api.wire.errors import Problem


@pytest.mark.parametrize("code", get_args(RefusalCode))
def test_every_refusal_has_a_client_error(code: RefusalCode) -> None:
    problem = refused({"code": code, "detail": "Because."})
    assert 400 <= problem.status < 500
    assert problem.status == REFUSALS[code].status


@pytest.mark.parametrize("code", ["memory_limit_reached", "relationship_limit_reached"])
def test_a_limit_is_403_and_names_its_code(code: RefusalCode) -> None:
    problem = refused({"code": code, "detail": "Enough."})
    assert (problem.status, problem.code) == (403, code)


def test_the_plans_limit_is_told_in_words_and_as_a_code() -> None:
    problem = refused({"code": "memory_limit_reached", "detail": "The plan's limit of 500 memories is reached."})
    assert problem.status == 403
    assert problem.response().body == (
        b'{"detail":"The plan\'s limit of 500 memories is reached.","code":"memory_limit_reached"}'
    )


def test_an_unknown_memory_says_no_more_than_that() -> None:
    problem = refused({"code": "unknown_memory", "detail": "Memory 'mem-notexist' not found."})
    assert problem.response().body == b'{"detail":"Memory \'mem-notexist\' not found."}'


def test_a_reused_key_is_a_validation_error_of_its_header() -> None:
    problem = refused({"code": "idempotency_key_reused", "detail": "Used before."})
    assert problem.status == 422
    assert problem.detail == [
        {"loc": ["header", "Idempotency-Key"], "msg": "Used before.", "type": "idempotency_key_reused"}
    ]


def test_an_answer_is_its_body_or_its_refusal() -> None:
    assert body_of({"body": {"a": 1}}) == {"a": 1}
    assert body_of({"refusal": None, "body": []}) == []
    with pytest.raises(Problem):
        body_of({"refusal": {"code": "unknown_workspace", "detail": "There is no such workspace."}})
