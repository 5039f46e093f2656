"""What a rating does to a memory's importance (SPEC 3.11)."""

from contracts.commands import RateMemory
from contracts.events import MemoryRated
from contracts.replies import Refusal
from services.memory.decisions.grants import writable
from services.memory.decisions.outcomes import Decision, Happened
from services.memory.decisions.state import WorkspaceState

USEFUL_STEP = 0.02
NOT_USEFUL_STEP = -0.05


def rated(importance: float, useful: bool) -> float:
    """The importance after a rating, within [0, 1], to six decimals: 0.95 and a step of 0.02 are 0.97."""
    step = USEFUL_STEP if useful else NOT_USEFUL_STEP
    return round(min(1.0, max(0.0, importance + step)), 6)


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
    return Decision((Happened(command.memory_id, event),))
