"""What a rating does to a memory's importance (SPEC 3.11)."""

from contracts.commands import RateMemory
from contracts.events import MemoryRated
from contracts.replies import Refusal
from services.memory.decisions import consolidation
from services.memory.decisions.grants import writable
from services.memory.decisions.importance import rated
from services.memory.decisions.outcomes import Decision, Happened
from services.memory.decisions.state import WorkspaceState


def rate(state: WorkspaceState, command: RateMemory) -> Decision | Refusal:
    """A rating moves the importance that others see: only who may write may rate. At an end of the scale it counts."""
    found = writable(state, command.memory_id, command.grants)
    if isinstance(found, Refusal):
        return found
    event = MemoryRated(
        memory_id=command.memory_id,
        useful=command.useful,
        context=command.context,
        previous_importance=found.importance_score,
        importance_score=rated(found.importance_score, command.useful),
    )
    pinned = consolidation.let_go(state, found, {"importance_score": event.importance_score})
    return Decision((Happened(command.memory_id, event), *pinned))
