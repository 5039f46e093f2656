"""From the lines of an import to commands, and from their answers to what is said of it.

Lines are ordered in the file's order, some at a time: memories before what relates them, a session before what was
observed in it. What is on its way is bounded in number and in bytes, so that a fast client has to wait.
"""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from pydantic import BaseModel, Field

from contracts import subjects
from contracts.commands import (
    Command,
    ImportConsolidation,
    ImportMemory,
    ImportObservations,
    ImportRelationship,
    ImportSession,
    RecordImport,
)
from contracts.transfer import (
    FORMAT_VERSION,
    LINE_BYTES_MAX,
    AnyLine,
    ConsolidationLine,
    EndLine,
    EventLine,
    ExportLine,
    MemoryLine,
    ObservationsLine,
    RelationshipLine,
    SessionLine,
)
from services.gateway.api.calls import REPLY_TIMEOUT_S, Call
from services.gateway.api.import_lines import read, why, without_secrets_in
from services.gateway.api.wire.errors import Problem, invalid
from services.gateway.api.wire.lines import read_lines
from services.kit.errors import NotStored, Unavailable

IN_FLIGHT_MAX = 64
IN_FLIGHT_BYTES_MAX = 8 * LINE_BYTES_MAX
LONG_BYTES = 65_536
"""What is longer is searched for secrets in a thread."""
PATIENCE_S = 60.0
AGAIN_AFTER_S = 0.5
ERRORS_MAX = 1_000
WARNINGS_MAX = 100

SKIPPED = ("already_exists", "already_deleted")
CUT_OFF = "The line `end` is missing: this export was cut off, and there was more. What is imported stays."
STOPPED = (
    f"An export of an unknown version: this is read up to version {FORMAT_VERSION}. Nothing from here on was read."
)


class LineError(BaseModel):
    """Why a line was not imported. Its content is not repeated."""

    line: int
    detail: str


class Imported(BaseModel):
    """What became of the lines. `skipped` are those that were here, or had been deleted here, and events."""

    imported: int = 0
    skipped: int = 0
    errors: list[LineError] = Field(default_factory=list, description=f"By line; {ERRORS_MAX} at most are told apart.")
    warnings: list[str] = Field(default_factory=list, description="What was redacted, once for each field and kind.")


async def run(call: Call, namespace: str | None) -> Imported:
    """Returns when every line is decided. Raises Problem where the body can't be read on; what came before stays."""
    importing = _Importing(call, namespace)
    try:
        async for number, payload in read_lines(call.request):
            if not await importing.take(number, payload):
                break
    finally:
        await importing.settled()
        await importing.record()
    return importing.told()


class _Importing:
    def __init__(self, call: Call, namespace: str | None):
        self._call = call
        self._namespace = namespace
        self._said = Imported()
        self._warnings: dict[str, None] = {}
        self._unlisted = 0
        self._last = 0
        self._export_lines: int | None = None  # since its first line; None outside of an export
        self._running: set[asyncio.Task[None]] = set()
        self._bytes = 0
        self._freed = asyncio.Event()
        self._stage = ""
        self._of_session: dict[str, asyncio.Task[None]] = {}
        self._fault: BaseException | None = None

    async def take(self, number: int, payload: bytes | None) -> bool:
        """Has a line done, as soon as there is room; False where nothing after it can be understood."""
        is_first, self._last = not self._last, number
        try:
            line = read(payload)
            match line:
                case ExportLine():
                    return self._begin(number, line, is_first=is_first)
                case EndLine():
                    self._end(number, line)
                    return True
                case EventLine():
                    self._said.skipped += 1
                case _:
                    await self._start(number, line, len(payload or b""))
        except _Unknown:
            raise
        except Problem as refused:
            self._fail(number, why(refused))
        if self._export_lines is not None:
            self._export_lines += 1
        return True

    async def settled(self) -> None:
        """Once nothing is on its way."""
        if self._running:
            await asyncio.wait(self._running)

    async def record(self) -> None:
        """Notes in the audit trail what came of the lines, also where they broke off. Raises NotStored."""
        counts = {
            "imported": self._said.imported,
            "skipped": self._said.skipped,
            "errors": len(self._said.errors) + self._unlisted,
        }
        if any(counts.values()):
            await self._call.carry_out(RecordImport(**self._call.wish_of_its_own(), counts=counts))

    def told(self) -> Imported:
        """Raises Problem (422) where there was no line, and whatever kept a line from being decided."""
        if self._fault is not None:
            raise self._fault
        if not self._last:
            raise invalid(["body"], "There is no line in it", "missing")
        if self._export_lines is not None:
            self._fail(self._last + 1, CUT_OFF)
        errors = sorted(self._said.errors, key=lambda each: each.line)
        if self._unlisted:
            errors.append(LineError(line=self._last, detail=f"{self._unlisted} more lines were not imported."))
        return self._said.model_copy(update={"errors": errors, "warnings": list(self._warnings)})

    def _begin(self, number: int, line: ExportLine, *, is_first: bool) -> bool:
        if self._export_lines is not None:
            self._fail(number, CUT_OFF)
        self._export_lines = 0
        if line.version == FORMAT_VERSION:
            return True
        if is_first:
            raise _Unknown(422, invalid(["body", number, "version"], STOPPED, "unknown_version").detail)
        self._export_lines = None
        self._fail(number, STOPPED)
        return False

    def _end(self, number: int, line: EndLine) -> None:
        seen, self._export_lines = self._export_lines, None
        if seen is not None and seen != line.lines:
            self._fail(number, f"This export had {line.lines} lines, and {seen} are here: it is not whole.")

    async def _start(self, number: int, line: AnyLine, size: int) -> None:
        line = await self._clean(line, size)
        command, stage = self._ordered(line)
        if stage != self._stage:  # what comes now may rest on what is on its way
            await self.settled()
            self._stage = stage
        while self._running and (len(self._running) >= IN_FLIGHT_MAX or self._bytes + size > IN_FLIGHT_BYTES_MAX):
            self._freed.clear()
            await self._freed.wait()
        self._launch(self._carry_out(number, command), size, getattr(command, "session_id", None))

    def _launch(self, work: Coroutine[Any, Any, None], size: int, session_id: str | None) -> None:
        before = self._of_session.get(session_id) if session_id is not None else None
        task = asyncio.create_task(_after(before, work))
        self._running.add(task)
        self._bytes += size
        if session_id is not None:
            self._of_session[session_id] = task

        def done(_: asyncio.Task[None]) -> None:
            self._running.discard(task)
            self._bytes -= size
            if session_id is not None and self._of_session.get(session_id) is task:
                del self._of_session[session_id]
            self._fault = self._fault or task.exception()
            self._freed.set()

        task.add_done_callback(done)

    async def _clean(self, line: AnyLine, size: int) -> AnyLine:
        """Without secrets, and in the namespace that the request names."""
        clean, warnings = (
            await asyncio.to_thread(without_secrets_in, line) if size > LONG_BYTES else without_secrets_in(line)
        )
        if len(self._warnings) < WARNINGS_MAX:
            self._warnings |= dict.fromkeys(warnings)
        if self._namespace is not None and isinstance(clean, MemoryLine | SessionLine):
            return clean.model_copy(update={"namespace": self._namespace})
        return clean

    def _ordered(self, line: AnyLine) -> tuple[Command, str]:
        """The command, and the stage it belongs to: between stages there is a stop."""
        wish = self._call.wish_of_its_own()
        match line:
            case MemoryLine():
                return ImportMemory(**wish, line=line), "memories"
            case ConsolidationLine():
                return ImportConsolidation(**wish, line=line), "consolidations"
            case RelationshipLine():
                return ImportRelationship(**wish, line=line), "relationships"
            case SessionLine():
                return ImportSession(**wish, line=line), "sessions"
            case ObservationsLine():
                return ImportObservations(**wish, line=line), "sessions"
        raise TypeError(line.kind)

    async def _carry_out(self, number: int, command: Command) -> None:
        answer = await self._answer(command)
        if answer is None:
            detail = f"Not decided within {PATIENCE_S:.0f} s. To import it again does no harm."
            self._fail(number, detail)
        elif (refusal := answer.get("refusal")) is None:
            self._said.imported += 1
        elif refusal["code"] in SKIPPED:
            self._said.skipped += 1
        else:
            self._fail(number, refusal["detail"])

    async def _answer(self, command: Command) -> dict[str, Any] | None:
        """Sent again until it is answered: decided it is once. None where patience ends."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                answer = await self._call.gate.bus.order(subjects.command(command), command, REPLY_TIMEOUT_S)
            except (NotStored, Unavailable):
                await asyncio.sleep(AGAIN_AFTER_S)
                continue
            if answer is not None:
                return answer
        return None

    def _fail(self, number: int, detail: str) -> None:
        if len(self._said.errors) < ERRORS_MAX:
            self._said.errors.append(LineError(line=number, detail=detail))
        else:
            self._unlisted += 1


class _Unknown(Problem):
    """A whole file that is not understood."""


async def _after(before: asyncio.Task[None] | None, work: Coroutine[Any, Any, None]) -> None:
    if before is not None:
        await asyncio.wait([before])
    await work
