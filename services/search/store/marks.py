"""What stands in a point in the place of its author's words: keyed hashes, that can be looked for and not read."""

import hmac
from collections.abc import Iterable
from dataclasses import replace

from services.search.store.shapes import Filters

MARK_HEX = 16


class Marks:
    """With one key. Who has the index, and not the key, learns nothing of tags, files and labels but how often one is
    there; equal words of two workspaces have nothing in common."""

    def __init__(self, key: str):
        self._key = hmac.digest(key.encode(), b"marks", "sha256")
        self.name = hmac.digest(self._key, b"name", "sha256").hex()[:MARK_HEX]
        """Recorded with a collection: by another key nothing in it is found."""

    def of(self, workspace: str, field: str, words: Iterable[str]) -> list[str]:
        return [self._mark(workspace, field, each) for each in words]

    def starts(self, workspace: str, tags: Iterable[str]) -> list[str]:
        """Of all beginnings of each tag, the whole of it included."""
        found = {tag[:length] for tag in tags for length in range(1, len(tag) + 1)}
        return self.of(workspace, "tag_starts", sorted(found))

    def filters(self, workspace: str, asked: Filters) -> Filters:
        """The same conditions on the marks."""
        return replace(
            asked,
            tags=None if asked.tags is None else tuple(self.of(workspace, "tags", asked.tags)),
            files=None if asked.files is None else tuple(self.of(workspace, "files", asked.files)),
            tag_prefixes=None
            if asked.tag_prefixes is None
            else tuple(self.of(workspace, "tag_starts", asked.tag_prefixes)),
        )

    def _mark(self, workspace: str, field: str, word: str) -> str:
        return hmac.digest(self._key, f"{workspace}\0{field}\0{word}".encode(), "sha256").hex()[:MARK_HEX]
