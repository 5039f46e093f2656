"""The base of every command."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.base import Grants, Moment, StrictWord, Text, WorkspaceId


class Command(StrictWord):
    """What every command carries.

    `command_id` names the wish: a repeated Idempotency-Key gives the same one, and it is carried out once. `attempt`
    names one sending of it: a refused wish may be sent again and is then decided anew, a redelivered message is not.
    `fingerprint` is the SHA-256 of method, path and body, 64 hex digits, where the client gave an Idempotency-Key.
    """

    entity: ClassVar[str] = "memory"
    verb: ClassVar[str]

    command_id: UUID
    attempt: UUID
    workspace_id: WorkspaceId
    actor: Text
    grants: Grants
    issued_at: Moment
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    traceparent: Text | None = None

    @property
    def entity_id(self) -> str:
        """The one thing that the command is about; the third token of its subject."""
        raise NotImplementedError
