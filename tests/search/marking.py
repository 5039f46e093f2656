"""Marks as the tests make them, and what the words behind those of communities were."""

from services.search.store import Marks

MARKS = Marks("the key of the tests")
_LABELS = ("animals", "stale", "payments", "profiles", "x", "y", *(f"c{number}" for number in range(7)))


def label_of(marks: Marks, workspace: str, mark: str | None) -> str | None:
    """The community's label that was marked. Raises KeyError for one that no test uses."""
    known = {marks.of(workspace, "community", (label,))[0]: label for label in _LABELS}
    return None if mark is None else known[mark]
