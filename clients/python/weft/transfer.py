"""A workspace as lines, out and in."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from weft.calls import Call, E, Group, Stream, Upload, model, nothing, operation, stream
from weft.errors import CutOff
from weft.models import Imported

NDJSON = "application/x-ndjson"


class Transfer(Group[E]):
    @stream
    def export(self, *, events: bool = False, namespaces: Sequence[str] | None = None) -> Stream[str]:
        """Everything that the key may read: one JSON object a line, the last of them `{"kind": "end", ...}`.

        Raises CutOff where that one does not come.
        """
        params = {"events": events, "namespaces": namespaces}
        return Stream(Call("GET", "/api/v1/export", nothing, params=params), ExportLines)

    @operation
    def import_lines(
        self, lines: bytes | Path | Iterable[str | bytes], *, namespace: str | None = None
    ) -> Call[Imported]:
        """What an export gave: a file, its bytes, or its lines (`str`). What is there already is skipped, so that the
        same may be sent again. Raises OSError."""
        return Call(
            "POST",
            "/api/v1/import",
            model(Imported),
            params={"namespace": namespace},
            body=Upload(lines, NDJSON),
        )


class ExportLines:
    def __init__(self) -> None:
        self._last = ""

    def feed(self, line: str) -> Iterable[str]:
        if line:
            self._last = line
            yield line

    def is_complete(self) -> bool:
        if '"kind":"end"' not in self._last:
            raise CutOff("The export ended before its last line.")
        return True

    def resumed(self, _: Call[Any]) -> None:
        return None
