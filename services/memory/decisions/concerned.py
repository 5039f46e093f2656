"""What commands are about: what has to be loaded before they can be decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.commands import (
    AnyCommand,
    ConsolidateMemories,
    DeleteMemories,
    DeleteMemory,
    DeleteRelationship,
    DocumentOrder,
    EndSession,
    ImportConsolidation,
    ImportMemory,
    ImportObservations,
    ImportRelationship,
    ImportSession,
    IngestDocument,
    MakeRelationship,
    RateMemory,
    RecalculateImportance,
    RecordAccess,
    RecordJob,
    RecordObservations,
    RecordRetrieval,
    RetryExtraction,
    ReviseMemory,
    StartMaintenance,
    StartSession,
    StoreMemory,
    TenancyOrder,
    UndoConsolidation,
)


@dataclass(frozen=True, slots=True)
class Concerned:
    """Ids, each once. `related` are those of the memories of which all relationships are to be known, `bound` those of
    which it matters what is folded into them, and into what they are folded. Of `documents` the jobs of their newest
    versions are to be known, too.

    Of `streams` only the last version is to be known. `tenancy`: some are about the workspace itself, its namespaces
    or its keys.
    """

    memories: tuple[str, ...]
    relationships: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    tenancy: bool = False
    bound: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


def concerned(commands: Sequence[AnyCommand]) -> Concerned:  # noqa: PLR0912 - one for each kind of command
    memories, relationships, related = list[str](), list[str](), list[str]()
    sessions, jobs, streams, bound = list[str](), list[str](), list[str](), list[str]()
    for command in commands:
        if isinstance(command, TenancyOrder):
            streams += (command.workspace_id, command.entity_id)
            continue
        match command:
            case StoreMemory() | ImportMemory() | RecordAccess() | RecordRetrieval():
                memories.append(command.memory_id)
            case ReviseMemory() | RateMemory() | UndoConsolidation():
                bound.append(command.memory_id)
            case ImportConsolidation():
                bound += (command.memory_id, *command.line.consolidated_from)
            case ConsolidateMemories():
                bound += (command.memory_id, *(it.memory_id for it in command.others))
            case RecalculateImportance():
                memories += (each.memory_id for each in command.memories)
            case DeleteMemory():
                bound.append(command.memory_id)
                related.append(command.memory_id)
            case DeleteMemories():
                bound += command.memory_ids
                related += command.memory_ids
            case MakeRelationship():
                relationships.append(command.entity_id)
                related += (command.source_memory_id, command.target_memory_id)
            case ImportRelationship():
                relationships.append(command.entity_id)
                related += (command.line.source_memory_id, command.line.target_memory_id)
            case DeleteRelationship():
                relationships.append(command.entity_id)
            case StartSession() | RecordObservations() | ImportSession() | ImportObservations():
                sessions.append(command.session_id)
            case EndSession() | RetryExtraction():
                sessions.append(command.session_id)
                jobs.append(command.job_id)
            case RecordJob() | StartMaintenance() | IngestDocument():
                jobs.append(command.job_id)
    return Concerned(
        memories=_once([*memories, *bound, *related]),
        relationships=_once(relationships),
        related=_once(related),
        sessions=_once(sessions),
        jobs=_once(jobs),
        streams=_once(streams),
        bound=_once(bound),
        documents=_once(each.document_id for each in commands if isinstance(each, DocumentOrder)),
        tenancy=any(isinstance(each, TenancyOrder) for each in commands),
    )


def _once(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
