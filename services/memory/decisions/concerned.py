"""What commands are about: what has to be loaded before they can be decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.commands import (
    AnyCommand,
    AssignWorkspace,
    DeleteMemories,
    DeleteMemory,
    DeleteRelationship,
    EndSession,
    ImportMemory,
    ImportObservations,
    ImportRelationship,
    ImportSession,
    MakeRelationship,
    OpenWorkspace,
    RateMemory,
    RecordAccess,
    RecordJob,
    RecordObservations,
    RecordRetrieval,
    RetryExtraction,
    ReviseMemory,
    StartMaintenance,
    StartSession,
    StoreMemory,
)


@dataclass(frozen=True, slots=True)
class Concerned:
    """Ids, each once. `related` are those of the memories of which all relationships are to be known.

    Of `streams` only the last version is to be known.
    """

    memories: tuple[str, ...]
    relationships: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()


def concerned(commands: Sequence[AnyCommand]) -> Concerned:
    memories, relationships, related = list[str](), list[str](), list[str]()
    sessions, jobs, streams = list[str](), list[str](), list[str]()
    for command in commands:
        match command:
            case ImportMemory():
                memories.append(command.memory_id)
            case StoreMemory() | ReviseMemory() | RecordAccess() | RecordRetrieval() | RateMemory():
                memories.append(command.memory_id)
            case DeleteMemory():
                related.append(command.memory_id)
            case DeleteMemories():
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
            case RecordJob() | StartMaintenance():
                jobs.append(command.job_id)
            case OpenWorkspace() | AssignWorkspace():
                streams.append(command.workspace_id)
    return Concerned(
        _once([*memories, *related]),
        _once(relationships),
        _once(related),
        _once(sessions),
        _once(jobs),
        _once(streams),
    )


def _once(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
