"""Whose turn it is, among workspaces that wait for work of the same kind. Pure."""

from collections import OrderedDict
from collections.abc import Hashable
from itertools import cycle
from typing import Generic, TypeVar

Who = TypeVar("Who", bound=Hashable)
"""A workspace, or one kind of its work."""


class Turns(Generic[Who]):
    """Who came last, who came first and who has begun already are served by turns, each with a part of its work.

    So a memory stored now is embedded now, even where a thousand workspaces are being made anew; nobody who waits is
    passed over for ever, however many come; and a big workspace takes no more turns than a small one.
    """

    def __init__(self) -> None:
        self._new: OrderedDict[Who, None] = OrderedDict()
        self._begun: OrderedDict[Who, None] = OrderedDict()
        self._queues = cycle(((self._new, True), (self._new, False), (self._begun, False)))

    def __bool__(self) -> bool:
        return bool(self._new or self._begun)

    def expect(self, who: Who) -> None:
        """It waits from now on, unless it does already."""
        if who not in self._begun:
            self._new.setdefault(who)

    def go_on(self, who: Who) -> None:
        """It had a turn, and needs another."""
        self._new.pop(who, None)
        self._begun[who] = None

    def next(self) -> Who:
        """Takes out whoever is next. Raises IndexError where nobody waits."""
        if not self:
            raise IndexError("nobody waits")
        queue, last = next(each for each in self._queues if each[0])
        return queue.popitem(last=last)[0]
