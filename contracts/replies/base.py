"""The envelope of every answer, and how a command is doing."""

from typing import Any, Literal
from uuid import UUID

from contracts.base import Word

RefusalCode = Literal[
    "unknown_memory",
    "unknown_workspace",
    "unknown_namespace",
    "unknown_command",
    "unknown_relationship",
    "unknown_session",
    "unknown_job",
    "unknown_key",
    "unknown_document",
    "unknown_webhook",
    "unknown_delivery",
    "outdated_version",
    "out_of_order",
    "content_missing",
    "content_mismatch",
    "namespace_exists",
    "default_namespace",
    "default_not_granted",
    "session_exists",
    "session_ended",
    "job_not_retryable",
    "job_finished",
    "not_consolidated",
    "not_to_be_consolidated",
    "namespace_not_granted",
    "namespace_read_only",
    "memory_limit_reached",
    "key_limit_reached",
    "namespace_limit_reached",
    "webhook_limit_reached",
    "webhook_disabled",
    "relationship_limit_reached",
    "revision_mismatch",
    "idempotency_key_reused",
    "idempotency_key_expired",
    "already_deleted",
    "already_exists",
    "contended",
    "wrong_credentials",
    "not_signed_in",
    "unknown_account",
    "email_taken",
    "last_owner",
    "owner_only",
    "account_refused",
    "token_limit_reached",
]


class Refusal(Word):
    """An answer that says no: `code` for programs, `detail` for people. Not a fault; asking again gives it again."""

    code: RefusalCode
    detail: str


class Reply(Word):
    """What a command or a query is answered with: a refusal, or a body in one of the shapes below."""

    refusal: Refusal | None = None
    body: Any = None


class CommandState(Word):
    """Where a command is. `result` is its answer once it is committed, `refusal` why it was rejected."""

    command_id: UUID
    status: Literal["accepted", "committed", "rejected", "parked"]
    refusal: Refusal | None = None
    result: Any = None
