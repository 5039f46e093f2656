"""A subscriber with Weft's own client: typed, in order, and it tells of what is missing.

`weft-admin subscriber add NAME` prints what it is started with: WEFT_EVENTS_URL, WEFT_EVENTS_CONSUMER.
"""

import weft
from weft.events.event import Event
from weft.events.kinds import EventErased, MemoryDeleted, MemoryStored


def main() -> None:
    with weft.events.subscribe() as events:
        for event in events:  # acknowledged when the next one is asked for, or the block is left without an exception
            handle(event)


def handle(event: Event) -> None:
    """Delivery is at least once: what is done twice with one `id` must be as good as done once."""
    match event.data:
        case MemoryStored(title=title):
            said = title
        case MemoryDeleted():
            said = "gone: forget it, too"
        case EventErased(erased_type=erased_type):
            said = f"what was known of a {erased_type} is to be forgotten"
        case _:
            said = ""
    print(event.seq, event.type, event.subject, said, flush=True)


if __name__ == "__main__":
    main()
