"""`weft-admin import-transcript`: what agents did before Weft was there, over the REST API as any client would tell it.

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

from deploy.admin.gateway import Answer, Gateway, ImportFailed
from deploy.admin.transcripts.reading import Observation, Reading, Rewritten
from deploy.admin.transcripts.sessions import Session
from deploy.admin.transcripts.words import clean, is_visible

SESSIONS = "/api/v1/sessions"
BATCH_MAX = 100
BATCH_BYTES_MAX = 700_000
"""The body may have 1 MiB."""
PARTS_MAX = 1_000
PATH_MAX = 1_024
NAME_MAX = 256
NO_PROJECT = "unknown"
BY = "weft-admin import-transcript"


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

    def is_as(self, found: dict[str, Any] | None, outcome: Outcome) -> None:
        """What is there stays as it is."""
        self.outcome = outcome if found else Outcome.NOTHING
        if found:
            self.session_id, self.observations = found["session_id"], found["observation_count"]
            self.job_id = found["extraction_job_id"]


class _Refused(Exception):
    """By the gateway, for one session; the message is its reason."""


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
    def of(cls, found: dict[str, Any]) -> "Bounds | None":
        """As the metadata of a part tell them; None where somebody else recorded the session."""
        said = found["metadata"].get("imported")
        if not isinstance(said, dict) or said.get("by") != BY:
            return None
        try:
            return cls(int(said["after"], 16) if said["after"] else None, int(said["until"], 16), int(said["skip"]))
        except (KeyError, TypeError, ValueError):
            return None


class Importer:
    """Brings sessions to where their files are. `advance` hears of observations."""

    def __init__(self, gateway: Gateway, namespace: str | None, advance: Callable[[int], None] = lambda _: None):
        self._gateway = gateway
        self._namespace = namespace
        self._advance = advance

    async def bring(self, session: Session) -> Part:
        """Raises ImportFailed where it would be the same for every other session."""
        part = Part(session.session_id, session.project_name, Outcome.IMPORTED)
        try:
            await self._bring(session, part)
        except (_Refused, OSError) as why:
            part.outcome, part.reason = Outcome.REFUSED, str(why) or type(why).__name__
        except Rewritten:
            part.outcome = Outcome.REFUSED
            part.reason = "its file was rewritten since the last import: the line that was the last then is gone"
        return part

    async def _bring(self, session: Session, part: Part) -> None:
        """Looks for the first part that is not whole."""
        bounds = Bounds(session.after, session.last_mark)
        last = None
        for number in range(2, PARTS_MAX):
            found = await self._found(part.session_id)
            if found is None:
                await self._begin(session, part, bounds, last)
                return
            held = Bounds.of(found)
            if held is None or (held.until == session.last_mark and found["ended_by"] == "client"):
                part.is_as(found, Outcome.OTHERS if held is None else Outcome.KNOWN)
                return
            if found["status"] != "ended":
                reading = Reading(session, held.after, held.until)
                await self._go_on(reading, iter(reading), part, held.skip, found["observation_count"])
                if held.until != session.last_mark:
                    part.reason = "finished what was begun; import again for what was said since"
                return
            last, bounds = found, Bounds(held.until, session.last_mark)
            if found["ended_by"] == "sweeper":  # an import was interrupted, and nobody came back for half a day
                bounds = Bounds(held.after, session.last_mark, held.skip + found["observation_count"])
            part.session_id, part.outcome = f"{session.session_id}:{number}", Outcome.CONTINUED
        raise _Refused(f"it has {PARTS_MAX} parts")

    async def _found(self, part_id: str) -> dict[str, Any] | None:
        answer = await self._gateway.get(f"{SESSIONS}/{part_id}")
        return None if answer.status == 404 else _accepted(answer)

    async def _begin(self, session: Session, part: Part, bounds: Bounds, last: dict[str, Any] | None) -> None:
        """Where nothing is said in a part it is not begun; what is there then is `last`."""
        reading = Reading(session, bounds.after, bounds.until)
        observations = iter(reading)
        head = list(islice(observations, bounds.skip + 1))
        if len(head) <= bounds.skip and (last or reading.summary is None):
            part.is_as(last, Outcome.KNOWN)
            return
        body = start_of(session, part.session_id, bounds, self._namespace)
        answer = await self._post(f"{SESSIONS}/start", body, part, "start")
        if answer.status == 404:
            raise ImportFailed(answer.reason)  # the namespace: it is the same for all
        _accepted(answer)
        await self._go_on(reading, chain(head, observations), part, bounds.skip, 0)

    async def _go_on(
        self, reading: Reading, observations: Iterator[Observation], part: Part, skip: int, there: int
    ) -> None:
        """Sends what the part does not have yet, then ends it. Raises _Refused."""
        for _ in islice(observations, skip + there):
            self._advance(1)
        part.observations = there
        path = f"{SESSIONS}/{part.session_id}"
        for batch in batches(observations):
            content = b'{"observations":[' + b",".join(batch) + b"]}"
            taken = _accepted(await self._post(f"{path}/observations", content, part, "observe"))
            part.warnings += taken.get("warnings", [])
            part.observations += len(batch)
            self._advance(len(batch))
        ending = {} if reading.summary is None else {"summary": reading.summary}
        ended = _accepted(await self._post(f"{path}/end", ending, part, "end"))
        part.warnings += ended.get("warnings", [])
        part.job_id = ended.get("extraction_job_id")

    async def _post(self, path: str, body: dict[str, Any] | bytes, part: Part, what: str) -> Answer:
        """The key is of the place and the content: what is sent again at the same place is the same request."""
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        digest = sha256(content).hexdigest()[:32]
        key = f"transcript:{part.session_id}:{part.observations}:{what}:{digest}"
        answer = await self._gateway.post(path, content, key)
        if answer.is_undecided:
            raise ImportFailed("the gateway takes requests, but does not decide them; try again later")
        return answer


def start_of(session: Session, part_id: str, bounds: Bounds, namespace: str | None) -> dict[str, Any]:
    """The body of the session's start."""
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


def batches(observations: Iterator[Observation]) -> Iterator[list[bytes]]:
    """As JSON, in their order; each batch fits into one request."""
    batch: list[bytes] = []
    size = 0
    for observation in observations:
        encoded = json.dumps(observation.as_json(), ensure_ascii=False).encode()
        if batch and (len(batch) == BATCH_MAX or size + len(encoded) > BATCH_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(encoded)
        size += len(encoded)
    if batch:
        yield batch


def _accepted(answer: Answer) -> dict[str, Any]:
    """What was said. Raises _Refused."""
    if answer.status >= 300:
        raise _Refused(answer.reason)
    return answer.said
