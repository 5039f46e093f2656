"""All events: their union, each by its type, and how data of any version is read."""

from typing import Annotated

from pydantic import AfterValidator, Field

from contracts.events.base import EventErased
from contracts.events.documents import (
    ChunksRecorded,
    DocumentChanged,
    DocumentDeleted,
    DocumentEvent,
    DocumentIngested,
    DocumentReady,
    DocumentRetried,
    FindingsRecorded,
)
from contracts.events.jobs import JobChanged
from contracts.events.memories import (
    MemoryConsolidated,
    MemoryDeleted,
    MemoryFolded,
    MemoryImported,
    MemoryRated,
    MemoryRecalculated,
    MemoryRevised,
    MemoryStored,
    MemoryUsed,
)
from contracts.events.relationships import RelationshipDeleted, RelationshipMade
from contracts.events.sessions import (
    ExtractionRetried,
    ObservationsRecorded,
    SessionEnded,
    SessionImported,
    SessionStarted,
)
from contracts.events.tenancy import (
    KeyIssued,
    KeyRenamed,
    KeyRevoked,
    KeyRotated,
    KeyScoped,
    NamespaceChanged,
    NamespaceCreated,
    PlanSwitched,
    WorkspaceAssigned,
    WorkspaceDeleted,
    WorkspaceExported,
    WorkspaceImported,
    WorkspaceOpened,
    WorkspaceRenamed,
)
from contracts.events.webhooks import WebhookChanged, WebhookCreated, WebhookDeleted, WebhookRotated
from contracts.upcasts import UPCASTS


class NewerThanKnown(Exception):
    """An event of a type or version that this reader was not built for. It stops there; it must not skip it."""


TenancyEvent = (
    WorkspaceOpened
    | WorkspaceAssigned
    | WorkspaceRenamed
    | PlanSwitched
    | WorkspaceDeleted
    | WorkspaceExported
    | WorkspaceImported
    | NamespaceCreated
    | NamespaceChanged
    | KeyIssued
    | KeyRenamed
    | KeyRotated
    | KeyScoped
    | KeyRevoked
    | WebhookCreated
    | WebhookChanged
    | WebhookRotated
    | WebhookDeleted
)
"""What happens to the workspace itself, its namespaces, its keys and its webhooks."""


AnyEvent = (
    MemoryStored
    | MemoryImported
    | MemoryRevised
    | MemoryConsolidated
    | MemoryFolded
    | MemoryUsed
    | MemoryRated
    | MemoryRecalculated
    | MemoryDeleted
    | RelationshipMade
    | RelationshipDeleted
    | SessionStarted
    | SessionImported
    | ObservationsRecorded
    | SessionEnded
    | ExtractionRetried
    | JobChanged
    | DocumentEvent
    | TenancyEvent
    | EventErased
)


EVENTS: dict[str, type[AnyEvent]] = {
    kind.type: kind
    for kind in (
        MemoryStored,
        MemoryImported,
        MemoryRevised,
        MemoryConsolidated,
        MemoryFolded,
        MemoryUsed,
        MemoryRated,
        MemoryRecalculated,
        MemoryDeleted,
        RelationshipMade,
        RelationshipDeleted,
        SessionStarted,
        SessionImported,
        ObservationsRecorded,
        SessionEnded,
        ExtractionRetried,
        JobChanged,
        DocumentIngested,
        ChunksRecorded,
        FindingsRecorded,
        DocumentReady,
        DocumentChanged,
        DocumentRetried,
        DocumentDeleted,
        WorkspaceOpened,
        WorkspaceAssigned,
        WorkspaceRenamed,
        PlanSwitched,
        WorkspaceDeleted,
        WorkspaceExported,
        WorkspaceImported,
        NamespaceCreated,
        NamespaceChanged,
        KeyIssued,
        KeyRenamed,
        KeyRotated,
        KeyScoped,
        KeyRevoked,
        WebhookCreated,
        WebhookChanged,
        WebhookRotated,
        WebhookDeleted,
        EventErased,
    )
}
"""Every event by the newest version of its type."""


def is_of_type(event_type: str, wanted: str) -> bool:
    """Whether `wanted` is that type, or words that it begins with: `weft.memory` is all that happens to memories."""
    return event_type == wanted or event_type.startswith(f"{wanted}.")


def _known(wanted: str) -> str:
    if not any(is_of_type(known, wanted) for known in EVENTS):
        raise ValueError("must be the type of an event, or words that one begins with, such as weft.memory")
    return wanted


EventTypes = Annotated[tuple[Annotated[str, AfterValidator(_known)], ...], Field(max_length=64)]
"""Which events are wanted (is_of_type), as somebody outside says it; none for all."""


def read_data(event_type: str, data: dict[str, object]) -> AnyEvent:
    """`data` as the newest version of `event_type`, raised step by step where it is older.

    Raises NewerThanKnown for a type or version that is not known, ValidationError for data that does not fit its type.
    """
    while event_type not in EVENTS:
        if event_type not in UPCASTS:
            raise NewerThanKnown(event_type)
        event_type, data = UPCASTS[event_type](data)
    return EVENTS[event_type].model_validate(data)
