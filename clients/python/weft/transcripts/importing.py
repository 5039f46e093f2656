"""What agents did before Weft was there, told as any client would tell it: sessions with observations.

A session that went on after it was imported gets a second part, `<session id>:2`, with what is new in it: what has
ended takes nothing more. Each part says in its metadata which lines it holds, so that an import that was interrupted
goes on where it stopped, and one that is repeated adds nothing.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from itertools import chain, islice
from typing import Any

from weft.client import Weft
from weft.errors import Conflict, Gone, Invalid, NotFound, TooLarge, WeftError
from weft.models import Session as FoundSession
from weft.sessions import Observation as SentObservation
from weft.transcripts.reading import Observation, Reading, Rewritten
from weft.transcripts.sessions import Session
from weft.transcripts.words import clean, is_visible

BATCH_MAX = 100
BATCH_BYTES_MAX = 700_000
"""The body may have 1 MiB."""
PARTS_MAX = 1_000
PATH_MAX = 1_024
NAME_MAX = 256
NO_PROJECT = "unknown"
BY = "weft import-transcript"
OURS = (BY, "weft-admin import-transcript")
"""Who imported a part. The second is what this was called before."""


class Outcome(Enum):
    IMPORTED = "imported"
    CONTINUED = "continued"
    KNOWN = "there already"
    NOTHING = "nothing said in it"
    OTHERS = "recorded by another client"
    REFUSED = "refused"


@dataclass(slots=True)
class Part:
    """What became of a session, or of what was new in it. `warnings` are those of the gateway: secrets, redacted."""

    session_id: str
    project: str
    outcome: Outcome
    observations: int = 0
    job_id: str | None = None
    reason: str = ""
    warnings: list[str] = field(default_factory=list)

    def is_as(self, found: FoundSession | None, outcome: Outcome) -> None:
        """What is there stays as it is."""
        self.outcome = outcome if found else Outcome.NOTHING
        if found:
            self.session_id, self.observations = found.session_id, found.observation_count
            self.job_id = found.extraction_job_id


class _TooManyParts(WeftError):
    """Of one session."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a part holds: what lines after `after` up to `until` tell, without the first `skip` observations."""

    after: int | None
    until: int
    skip: int = 0

    def as_json(self) -> dict[str, Any]:
        marks = {"after": None if self.after is None else f"{self.after:016x}", "until": f"{self.until:016x}"}
        return {"by": BY, **marks, "skip": self.skip}

    @classmethod
    def of(cls, metadata: dict[str, Any]) -> "Bounds | None":
        """As the metadata of a part tell them; None where somebody else recorded the session."""
        said = metadata.get("imported")
        if not isinstance(said, dict) or said.get("by") not in OURS:
            return None
        try:
            return cls(int(said["after"], 16) if said["after"] else None, int(said["until"], 16), int(said["skip"]))
        except (KeyError, TypeError, ValueError):
            return None


class Importer:
    """Brings sessions to where their files are. `advance` hears of observations."""

    def __init__(self, weft: Weft, namespace: str | None, advance: Callable[[int], None] = lambda _: None):
        self._weft = weft
        self._namespace = namespace
        self._advance = advance

    def bring(self, session: Session) -> Part:
        """Raises WeftError where it would be the same for every other session."""
        part = Part(session.session_id, session.project_name, Outcome.IMPORTED)
        try:
            self._bring(session, part)
        except (Conflict, Gone, Invalid, TooLarge, _TooManyParts, OSError) as why:
            part.outcome, part.reason = Outcome.REFUSED, str(why) or type(why).__name__
        except Rewritten:
            part.outcome = Outcome.REFUSED
            part.reason = "its file was rewritten since the last import: the line that was the last then is gone"
        return part

    def _bring(self, session: Session, part: Part) -> None:
        """Looks for the first part that is not whole."""
        bounds = Bounds(session.after, session.last_mark)
        last = None
        for number in range(2, PARTS_MAX):
            found = self._found(part.session_id)
            if found is None:
                self._begin(session, part, bounds, last)
                return
            held = Bounds.of(found.metadata)
            if held is None or (held.until == session.last_mark and found.ended_by == "client"):
                part.is_as(found, Outcome.OTHERS if held is None else Outcome.KNOWN)
                return
            if found.status != "ended":
                reading = Reading(session, held.after, held.until)
                self._go_on(reading, iter(reading), part, held.skip, found.observation_count)
                if held.until != session.last_mark:
                    part.reason = "finished what was begun; import again for what was said since"
                return
            last, bounds = found, Bounds(held.until, session.last_mark)
            if found.ended_by == "sweeper":  # an import was interrupted, and nobody came back for half a day
                bounds = Bounds(held.after, session.last_mark, held.skip + found.observation_count)
            part.session_id, part.outcome = f"{session.session_id}:{number}", Outcome.CONTINUED
        raise _TooManyParts(f"it has {PARTS_MAX} parts")

    def _found(self, part_id: str) -> FoundSession | None:
        try:
            return self._weft.sessions.get(part_id)
        except NotFound:
            return None

    def _begin(self, session: Session, part: Part, bounds: Bounds, last: FoundSession | None) -> None:
        """Where nothing is said in a part it is not begun; what is there then is `last`."""
        reading = Reading(session, bounds.after, bounds.until)
        observations = iter(reading)
        head = list(islice(observations, bounds.skip + 1))
        if len(head) <= bounds.skip and (last or reading.summary is None):
            part.is_as(last, Outcome.KNOWN)
            return
        start = start_of(session, part.session_id, bounds, self._namespace)
        self._as_ever(part, "start", start).sessions.start(**start)
        self._go_on(reading, chain(head, observations), part, bounds.skip, 0)

    def _go_on(self, reading: Reading, observations: Iterator[Observation], part: Part, skip: int, there: int) -> None:
        """Sends what the part does not have yet, then ends it."""
        for _ in islice(observations, skip + there):
            self._advance(1)
        part.observations = there
        for batch in batches(observations):
            taken = self._as_ever(part, "observe", batch).sessions.observe(part.session_id, batch)
            part.warnings += taken.warnings
            part.observations += len(batch)
            self._advance(len(batch))
        ended = self._as_ever(part, "end", reading.summary).sessions.end(part.session_id, summary=reading.summary)
        part.warnings += ended.warnings
        part.job_id = ended.extraction_job_id

    def _as_ever(self, part: Part, what: str, said: Any) -> Weft:
        """Its key is of the place and the content: what is sent again at the same place is the same request."""
        digest = sha256(_encoded(said)).hexdigest()[:32]
        return self._weft.with_options(
            idempotency_key=f"transcript:{part.session_id}:{part.observations}:{what}:{digest}"
        )


def start_of(session: Session, part_id: str, bounds: Bounds, namespace: str | None) -> dict[str, Any]:
    """What the session is started with."""
    path = clean(session.project_path)[:PATH_MAX]
    names = {"project_name": clean(session.project_name), "branch_name": clean(session.branch)}
    return {
        "session_id": part_id,
        "project_path": path if is_visible(path) else NO_PROJECT,
        **{name: value[:NAME_MAX] for name, value in names.items() if is_visible(value[:NAME_MAX])},
        "metadata": {
            "source": "claude-code",
            "version": clean(session.version)[:NAME_MAX],
            "imported": bounds.as_json(),
        },
        **({"namespace": namespace} if namespace else {}),
    }


def batches(observations: Iterator[Observation]) -> Iterator[list[SentObservation]]:
    """In their order; each batch fits into one request."""
    batch: list[SentObservation] = []
    size = 0
    for observation in observations:
        said = observation.as_json()
        length = len(_encoded(said))
        if batch and (len(batch) == BATCH_MAX or size + length > BATCH_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(said)
        size += length
    if batch:
        yield batch


def _encoded(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode()
