"""What commands are about: what has to be loaded before they can be decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.commands import (
    AnyCommand,
    DeleteMemories,
    DeleteMemory,
    DeleteRelationship,
    MakeRelationship,
    OpenWorkspace,
    RecordAccess,
    RecordRetrieval,
    ReviseMemory,
    StoreMemory,
)


@dataclass(frozen=True, slots=True)
class Concerned:
    """Ids, each once. `related` are those of the memories of which all relationships are to be known."""

    memories: tuple[str, ...]
    relationships: tuple[str, ...] = ()
    related: tuple[str, ...] = ()


def concerned(commands: Sequence[AnyCommand]) -> Concerned:
    memories, relationships, related = list[str](), list[str](), list[str]()
    for command in commands:
        match command:
            case StoreMemory() | ReviseMemory() | RecordAccess() | RecordRetrieval():
                memories.append(command.memory_id)
            case DeleteMemory():
                related.append(command.memory_id)
            case DeleteMemories():
                related += command.memory_ids
            case MakeRelationship():
                relationships.append(command.entity_id)
                related += (command.source_memory_id, command.target_memory_id)
            case DeleteRelationship():
                relationships.append(command.entity_id)
            case OpenWorkspace():
                pass
    return Concerned(_once([*memories, *related]), _once(relationships), _once(related))


def _once(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
