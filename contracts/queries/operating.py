"""What operators ask."""

from typing import Annotated

from pydantic import Field

from contracts.base import StrictWord, Text, WorkspaceId


class Ping(StrictWord):
    """Is this service ready to work? (contracts.subjects.ping)"""


class OfWorkspace(StrictWord):
    """An operator's request about one workspace: rebuild, verify, digest (contracts.subjects.admin)."""

    workspace_id: WorkspaceId


class Replay(StrictWord):
    """A parked message for the service that parked it, to be handled once more."""

    subject: Text
    payload: Annotated[str, Field(description="base64")]
