"""The base of every question, and what many of them say."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.base import NamespaceKey, StrictWord, WorkspaceId

Offset = Annotated[int, Field(ge=0, strict=True)]
PageSize = Annotated[int, Field(ge=1, le=500, strict=True)]
Readable = tuple[NamespaceKey, ...] | None
"""The namespaces that the asker may read; None is for services, which answer to nobody's grants."""


class Question(StrictWord):
    """Asked of `service`, under `name`."""

    service: ClassVar[str]
    name: ClassVar[str]


class WorkspaceQuestion(Question):
    """About one workspace, and answered from nothing else. `readable` are the namespaces that the asker may read."""

    workspace_id: WorkspaceId
