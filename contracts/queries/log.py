"""What is asked about a workspace's commands and events, and all of it as an export."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.base import NamespaceKey, Text
from contracts.queries.base import Readable, WorkspaceQuestion
from contracts.transfer import ExportPart


class Export(WorkspaceQuestion):
    """The next lines (contracts.transfer) of one part of an export. `after` is from the answer before, "" at first."""

    service, name = "memory", "export"

    part: ExportPart
    readable: tuple[NamespaceKey, ...]
    after: Text = ""


class GetCommand(WorkspaceQuestion):
    """Where a command is; one about what the asker may not read is not there.

    `managing`: asked by somebody who manages the workspace; orders about keys and the like are there for nobody else.
    """

    service, name = "memory", "command"

    command_id: UUID
    readable: Readable = None
    managing: bool = False


class ReadLog(WorkspaceQuestion):
    """The workspace's events after `after_seq`, in order, at most `limit`."""

    service, name = "memory", "read_log"

    after_seq: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=1_000)] = 500


class ReadEvents(WorkspaceQuestion):
    """Those of the events after `after_seq` that may be read, in order (contracts.replies.EventPage).

    `after_seq` of None: only where the log ends. `types` as in contracts.events.is_of_type, `subject` as on the wire;
    empty or None leaves that open.
    """

    service, name = "memory", "events"

    readable: tuple[NamespaceKey, ...]
    after_seq: Annotated[int, Field(ge=0)] | None
    limit: Annotated[int, Field(ge=1, le=1_000)] = 100
    types: Annotated[tuple[Text, ...], Field(max_length=64)] = ()
    subject: Text | None = None
