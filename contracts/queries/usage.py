"""What is asked about how much a workspace has and uses."""

from typing import Annotated

from pydantic import Field

from contracts.base import Moment
from contracts.queries.base import Readable, WorkspaceQuestion


class UsageQuestion(WorkspaceQuestion):
    """What a workspace uses: in all, and of that since the period began."""

    since: Moment


class GetUsage(UsageQuestion):
    """contracts.replies.MemoryUsage"""

    service, name = "memory", "usage"


class GetExtractionUsage(UsageQuestion):
    """Calls of a model about sessions (contracts.replies.ServiceUsage)."""

    service, name = "extraction", "usage"


class GetGraphUsage(UsageQuestion):
    """Calls of a model about pairs of memories (contracts.replies.ServiceUsage)."""

    service, name = "graph", "usage"


class GetIndexUsage(UsageQuestion):
    """Calls of an embedding endpoint (contracts.replies.ServiceUsage)."""

    service, name = "search", "usage"


class CountContents(WorkspaceQuestion):
    """How many there are of each kind that an export has, in the namespaces that the asker may read."""

    service, name = "memory", "count"

    readable: Readable = None


class GetOverview(WorkspaceQuestion):
    """What there is, what happened of late, and who is behind (contracts.replies.Overview)."""

    service, name = "memory", "overview"

    readable: Readable = None
    days: Annotated[int, Field(ge=1, le=365, strict=True)] = 90
