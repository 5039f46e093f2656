"""How a message can fail, as the bus tells it apart. Refusals are answers, not faults (contracts.replies)."""


class Transient(Exception):
    """A fault that time may cure: a server that is away, a timeout. Tried again for as long as it takes."""


class Unavailable(Transient):
    """Whoever was asked did not answer, or said that it can't at present."""


class NotStored(Transient):
    """The bus did not confirm that it has the message. It may have it all the same: a timeout means unknown."""


class Poison(Exception):
    """A message that no retry can help: it does not decode, or says what its kind can't say. It is parked at once."""
