"""Whose turn it is, among workspaces that wait for work of the same kind. Pure."""

from collections import OrderedDict
from itertools import cycle


class Turns:
    """Who came last, who came first and who has begun already are served by turns, each with a part of its work.

    So a memory stored now is embedded now, even where a thousand workspaces are being made anew; nobody who waits is
    passed over for ever, however many come; and a big workspace takes no more turns than a small one.
    """

    def __init__(self) -> None:
        self._new: OrderedDict[str, None] = OrderedDict()
        self._begun: OrderedDict[str, None] = OrderedDict()
        self._queues = cycle(((self._new, True), (self._new, False), (self._begun, False)))

    def __bool__(self) -> bool:
        return bool(self._new or self._begun)

    def expect(self, workspace_id: str) -> None:
        """It waits from now on, unless it does already."""
        if workspace_id not in self._begun:
            self._new.setdefault(workspace_id)

    def go_on(self, workspace_id: str) -> None:
        """It had a turn, and needs another."""
        self._new.pop(workspace_id, None)
        self._begun[workspace_id] = None

    def next(self) -> str:
        """Takes out whoever is next. Raises IndexError where nobody waits."""
        if not self:
            raise IndexError("nobody waits")
        queue, last = next(each for each in self._queues if each[0])
        return queue.popitem(last=last)[0]
