"""All commands: their unions, and each by its subject."""

from contracts.commands.documents import (
    ChangeDocument,
    DeleteDocument,
    DocumentOrder,
    FinishDocument,
    IngestDocument,
    RecordChunks,
    RecordFindings,
    RetryDocument,
)
from contracts.commands.jobs import RecordJob, StartMaintenance
from contracts.commands.memories import (
    ConsolidateMemories,
    DeleteMemories,
    DeleteMemory,
    RateMemory,
    RecalculateImportance,
    RecordAccess,
    RecordRetrieval,
    ReviseMemory,
    StoreMemory,
    UndoConsolidation,
)
from contracts.commands.relationships import DeleteRelationship, MakeRelationship
from contracts.commands.sessions import EndSession, RecordObservations, RetryExtraction, StartSession
from contracts.commands.tenancy import (
    AssignWorkspace,
    ChangeNamespace,
    ChangeScopes,
    ChangeWorkspace,
    CreateNamespace,
    DeleteWorkspace,
    IssueKey,
    OpenWorkspace,
    RecordExport,
    RecordImport,
    RenameKey,
    RevokeKey,
    RotateKey,
)
from contracts.commands.transfer import (
    ImportConsolidation,
    ImportMemory,
    ImportObservations,
    ImportRelationship,
    ImportSession,
)
from contracts.commands.webhooks import ChangeWebhook, CreateWebhook, DeleteWebhook, RotateWebhook

TenancyOrder = (
    OpenWorkspace
    | AssignWorkspace
    | ChangeWorkspace
    | DeleteWorkspace
    | RecordExport
    | RecordImport
    | CreateNamespace
    | ChangeNamespace
    | IssueKey
    | RenameKey
    | RotateKey
    | RevokeKey
    | ChangeScopes
    | CreateWebhook
    | ChangeWebhook
    | RotateWebhook
    | DeleteWebhook
)
"""What is about the workspace itself, its namespaces, its keys and its webhooks."""


AnyCommand = (
    StoreMemory
    | ReviseMemory
    | ConsolidateMemories
    | UndoConsolidation
    | DeleteMemory
    | DeleteMemories
    | RecordAccess
    | RecordRetrieval
    | RateMemory
    | RecalculateImportance
    | StartSession
    | RecordObservations
    | EndSession
    | RetryExtraction
    | RecordJob
    | StartMaintenance
    | MakeRelationship
    | DeleteRelationship
    | ImportMemory
    | ImportConsolidation
    | ImportRelationship
    | ImportSession
    | ImportObservations
    | DocumentOrder
    | TenancyOrder
)


COMMANDS: dict[tuple[str, str], type[AnyCommand]] = {
    (kind.entity, kind.verb): kind
    for kind in (
        StoreMemory,
        ReviseMemory,
        ConsolidateMemories,
        UndoConsolidation,
        DeleteMemory,
        DeleteMemories,
        RecordAccess,
        RecordRetrieval,
        RateMemory,
        RecalculateImportance,
        StartSession,
        RecordObservations,
        EndSession,
        RetryExtraction,
        RecordJob,
        StartMaintenance,
        MakeRelationship,
        DeleteRelationship,
        ImportMemory,
        ImportConsolidation,
        ImportRelationship,
        ImportSession,
        ImportObservations,
        IngestDocument,
        ChangeDocument,
        DeleteDocument,
        RetryDocument,
        RecordChunks,
        RecordFindings,
        FinishDocument,
        OpenWorkspace,
        AssignWorkspace,
        ChangeWorkspace,
        DeleteWorkspace,
        RecordExport,
        RecordImport,
        CreateNamespace,
        ChangeNamespace,
        IssueKey,
        RenameKey,
        RotateKey,
        RevokeKey,
        ChangeScopes,
        CreateWebhook,
        ChangeWebhook,
        RotateWebhook,
        DeleteWebhook,
    )
}
"""Every command by the entity and the verb of its subject."""
