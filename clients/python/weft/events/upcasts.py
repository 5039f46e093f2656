"""How an old version of an event becomes the next one: pure single steps, never edited once one was written.

Generated from contracts/ by `make contracts`: change it there.
"""

from collections.abc import Callable

Data = dict[str, object]

UPCASTS: dict[str, Callable[[Data], tuple[str, Data]]] = {}
"""From the type (with its version) that was written to a function that gives the next type and the data in its shape.

Empty while every event is at its first version; tests/contracts/ replays the golden file of each through it.
"""
