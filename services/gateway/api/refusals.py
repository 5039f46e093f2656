"""What the services refuse, as HTTP says it. The one table from refusal to status."""

from typing import Any, NamedTuple, get_args

from contracts.replies import RefusalCode
from services.gateway.api.wire.errors import RETRY_AFTER_S, Problem, invalid


class _Said(NamedTuple):
    status: int
    with_code: bool = False
    headers: dict[str, str] | None = None


_BEARER = {"WWW-Authenticate": "Bearer"}

REFUSALS: dict[RefusalCode, _Said] = {
    "unknown_memory": _Said(404),
    "unknown_workspace": _Said(404),
    "unknown_namespace": _Said(404),
    "unknown_command": _Said(404),
    "unknown_relationship": _Said(404),
    "unknown_session": _Said(404),
    "unknown_job": _Said(404),
    "unknown_key": _Said(404),
    "unknown_document": _Said(404),
    "unknown_webhook": _Said(404),
    "unknown_delivery": _Said(404),
    "outdated_version": _Said(409, with_code=True),
    "out_of_order": _Said(409, with_code=True),
    "content_missing": _Said(409, with_code=True),
    "content_mismatch": _Said(409, with_code=True),
    "namespace_exists": _Said(409, with_code=True),
    "default_namespace": _Said(409, with_code=True),
    "default_not_granted": _Said(409, with_code=True),
    "session_exists": _Said(409, with_code=True),
    "session_ended": _Said(409, with_code=True),
    "job_not_retryable": _Said(409, with_code=True),
    "job_finished": _Said(409, with_code=True),
    "not_consolidated": _Said(409, with_code=True),
    "not_to_be_consolidated": _Said(409, with_code=True),
    "namespace_not_granted": _Said(403),
    "namespace_read_only": _Said(403),
    "memory_limit_reached": _Said(403, with_code=True),
    "key_limit_reached": _Said(403, with_code=True),
    "namespace_limit_reached": _Said(403, with_code=True),
    "webhook_limit_reached": _Said(403, with_code=True),
    "webhook_disabled": _Said(409, with_code=True),
    "relationship_limit_reached": _Said(403, with_code=True),
    "revision_mismatch": _Said(412),
    "idempotency_key_reused": _Said(422),
    "idempotency_key_expired": _Said(409, with_code=True),
    "already_deleted": _Said(410),
    "already_exists": _Said(409, with_code=True),
    "contended": _Said(409, with_code=True, headers={"Retry-After": str(RETRY_AFTER_S)}),
    "wrong_credentials": _Said(401, with_code=True, headers=_BEARER),
    "not_signed_in": _Said(401, headers=_BEARER),
    "unknown_account": _Said(404),
    "email_taken": _Said(409, with_code=True),
    "last_owner": _Said(409, with_code=True),
    "owner_only": _Said(403, with_code=True),
    "account_refused": _Said(403, with_code=True),
    "token_limit_reached": _Said(429, with_code=True, headers={"Retry-After": "60"}),
}
assert set(REFUSALS) == set(get_args(RefusalCode))


def refused(refusal: dict[str, Any]) -> Problem:
    """A refusal (contracts.replies.Refusal) as the error that the client gets."""
    said = REFUSALS[refusal["code"]]
    if said.status == 422:
        return invalid(["header", "Idempotency-Key"], refusal["detail"], refusal["code"])
    code = refusal["code"] if said.with_code else None
    return Problem(said.status, refusal["detail"], code=code, headers=said.headers)


def body_of(answer: dict[str, Any]) -> Any:
    """The body of an answer (contracts.replies.Reply). Raises Problem where it is a refusal."""
    if (refusal := answer.get("refusal")) is not None:
        raise refused(refusal)
    return answer.get("body")
