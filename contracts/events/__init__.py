"""What happened: one class for the data of each event, and the CloudEvents envelope that carries it on the wire.

Events are for ever. README.md has the rules by which one may change.
"""

from contracts.events.base import EventData, EventErased
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
from contracts.events.envelope import SOURCE, CloudEvent
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
from contracts.events.registry import EVENTS, AnyEvent, EventTypes, NewerThanKnown, TenancyEvent, is_of_type, read_data
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

__all__ = [
    "EVENTS",
    "SOURCE",
    "AnyEvent",
    "ChunksRecorded",
    "CloudEvent",
    "DocumentChanged",
    "DocumentDeleted",
    "DocumentEvent",
    "DocumentIngested",
    "DocumentReady",
    "DocumentRetried",
    "EventData",
    "EventErased",
    "EventTypes",
    "ExtractionRetried",
    "FindingsRecorded",
    "JobChanged",
    "KeyIssued",
    "KeyRenamed",
    "KeyRevoked",
    "KeyRotated",
    "KeyScoped",
    "MemoryConsolidated",
    "MemoryDeleted",
    "MemoryFolded",
    "MemoryImported",
    "MemoryRated",
    "MemoryRecalculated",
    "MemoryRevised",
    "MemoryStored",
    "MemoryUsed",
    "NamespaceChanged",
    "NamespaceCreated",
    "NewerThanKnown",
    "ObservationsRecorded",
    "PlanSwitched",
    "RelationshipDeleted",
    "RelationshipMade",
    "SessionEnded",
    "SessionImported",
    "SessionStarted",
    "TenancyEvent",
    "WebhookChanged",
    "WebhookCreated",
    "WebhookDeleted",
    "WebhookRotated",
    "WorkspaceAssigned",
    "WorkspaceDeleted",
    "WorkspaceExported",
    "WorkspaceImported",
    "WorkspaceOpened",
    "WorkspaceRenamed",
    "is_of_type",
    "read_data",
]
