"""How important a memory is: what its author gave it, and what ratings made of that (SPEC 3.11)."""

USEFUL_STEP = 0.02
NOT_USEFUL_STEP = -0.05


def rated(importance: float, useful: bool) -> float:
    """The importance after a rating, within [0, 1], to six decimals: 0.95 and a step of 0.02 are 0.97."""
    step = USEFUL_STEP if useful else NOT_USEFUL_STEP
    return round(min(1.0, max(0.0, importance + step)), 6)
