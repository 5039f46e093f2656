"""What a key may see and change of what is there."""

from contracts.base import Grants
from contracts.replies import Refusal
from services.memory.decisions.state import MemoryState, WorkspaceState


def unknown_memory(memory_id: str) -> Refusal:
    """The same for a memory that never was, was deleted, or may not be seen."""
    return Refusal(code="unknown_memory", detail=f"Memory '{memory_id}' not found.")


def unknown_namespace(named: str) -> Refusal:
    """The same for one that never was and one that is archived."""
    return Refusal(code="unknown_namespace", detail=f"Namespace '{named}' not found.")


def is_open(state: WorkspaceState, namespace: str) -> bool:
    """Whether what is in a namespace can be found: it is there, and not archived."""
    return state.namespaces.get(namespace) == "active"


def readable(state: WorkspaceState, memory_id: str, grants: Grants) -> MemoryState | Refusal:
    found = state.alive(memory_id)
    if found is None or found.namespace not in grants.read or not is_open(state, found.namespace):
        return unknown_memory(memory_id)
    return found


def writable(state: WorkspaceState, memory_id: str, grants: Grants) -> MemoryState | Refusal:
    found = readable(state, memory_id, grants)
    if isinstance(found, Refusal):
        return found
    return not_writable(found.namespace, grants) or found


def at_revision(
    state: WorkspaceState, memory_id: str, grants: Grants, expected_revision: int | None
) -> MemoryState | Refusal:
    """A memory that may be written, and is at this revision where one is expected."""
    found = writable(state, memory_id, grants)
    if isinstance(found, MemoryState) and expected_revision not in (None, found.revision):
        detail = f"The memory is at revision {found.revision}, not {expected_revision}."
        return Refusal(code="revision_mismatch", detail=detail)
    return found


def namespace_for(state: WorkspaceState, named: str | None, grants: Grants) -> str | Refusal:
    """Where something new goes: the namespace that is named, or the key's default; it must be there and writable."""
    namespace = named or grants.default
    if not is_open(state, namespace):
        return unknown_namespace(namespace)
    return not_writable(namespace, grants) or namespace


def not_writable(namespace: str, grants: Grants) -> Refusal | None:
    if namespace in grants.write:
        return None
    if namespace in grants.read:
        return Refusal(code="namespace_read_only", detail=f"This key may read namespace '{namespace}', not write it.")
    return Refusal(code="namespace_not_granted", detail=f"This key has no grant for namespace '{namespace}'.")
