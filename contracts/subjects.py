"""The only place where a subject is spelled. Workspace and entity are one token each, so both can be filtered by."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Collection

from contracts.accounts import AccountQuestion
from contracts.base import derived_id
from contracts.commands import COMMANDS, Command
from contracts.events import EVENTS, CloudEvent, EventData, EventErased
from contracts.queries import Question

COMMANDS_STREAM = "COMMANDS"
EVENTS_STREAM = "EVENTS"
DERIVED_STREAM = "DERIVED"
PARKED_STREAM = "PARKED"
KEYS_STREAM = "KV_KEYS"
BLOBS_BUCKET = "BLOBS"
BLOBS_STREAM = "OBJ_BLOBS"

ALL_COMMANDS = "commands.>"
ALL_EVENTS = "events.>"
EVENTS_FOR_SEARCH = (
    "events.*.memory.>",
    "events.*.workspace.*.deleted",
    "events.*.document.*.ready",
    "events.*.document.*.changed",
    "events.*.document.*.deleted",
)
EVENTS_FOR_EXTRACTION = (
    "events.*.session.>",
    "events.*.job.>",
    "events.*.workspace.*.deleted",
    "events.*.document.*.ingested",
    "events.*.document.*.retried",
    "events.*.document.*.deleted",
)
ALL_DERIVED = "derived.>"
ALL_EMBEDDINGS = "derived.*.embedding.*"
ALL_RANKS = "derived.*.ranks.*"
ALL_BLOBS = "$O.BLOBS.M.*"


def token(workspace_id: str, entity_id: str) -> str:
    """`entity_id` as one token: itself where it is `[a-z0-9-]+`, else a uuid5 of it, 32 hex digits."""
    if re.fullmatch(r"[a-z0-9-]+", entity_id):
        return entity_id
    return derived_id(workspace_id, entity_id).hex


def command(order: Command) -> str:
    return f"commands.{order.workspace_id}.{order.entity}.{token(order.workspace_id, order.entity_id)}.{order.verb}"


def command_kind(subject: str) -> tuple[str, str]:
    """Entity and verb of a command's subject. Raises ValueError for any other subject."""
    match subject.split("."):
        case ["commands", _, entity, _, verb]:
            return entity, verb
    raise ValueError(f"not the subject of a command: {subject}")


def event(happened: CloudEvent) -> str:
    """An erased event stays with the entity that it was about."""
    data = happened.data
    entity = data.erased_entity if isinstance(data, EventErased) else data.entity
    return f"events.{happened.workspace}.{entity}.{token(happened.workspace, happened.subject)}.{data.verb}"


def of_entity(root: str, workspace_id: str, entity: str, entity_id: str) -> str:
    """Everything that concerns one memory, relationship or document below `root` ("commands" or "events")."""
    return f"{root}.{workspace_id}.{entity}.{token(workspace_id, entity_id)}.>"


def concerns(subject: str, workspace_id: str, entity_id: str) -> bool:
    """Whether a message of that subject is about that memory, relationship or other thing."""
    parts = subject.split(".")
    return parts[1:2] == [workspace_id] and token(workspace_id, entity_id) in parts[3:]


def of_event(kind: type[EventData], workspace_id: str, entity_id: str) -> str:
    """All events of one kind about one thing."""
    return f"events.{workspace_id}.{kind.entity}.{token(workspace_id, entity_id)}.{kind.verb}"


def of_types(types: Collection[str], workspace_id: str = "*") -> list[str]:
    """Filters, none of which overlaps another, for all events of these types or beginnings of types; of none: for all.

    A subject has no version: whoever asks for one gets the others of that event, too.
    """
    asked = {tuple(each.split(".")[1:3]) for each in types} or {()}
    entities = sorted({kind.entity for kind in EVENTS.values() if kind is not EventErased})
    if () in asked:
        return [f"events.{workspace_id}.>"]
    if asked & {("event",), ("event", EventErased.verb)}:  # it stays with the entity that it was about
        asked |= {(entity, EventErased.verb) for entity in entities}
    whole = [entity for entity in entities if (entity,) in asked]
    single = sorted(each for each in asked if len(each) == 2 and each[0] not in (*whole, "event"))
    return [
        *(f"events.{workspace_id}.{entity}.>" for entity in whole),
        *(f"events.{workspace_id}.{entity}.*.{verb}" for entity, verb in single),
    ]


def commands_of(workspace_id: str) -> str:
    return f"commands.{workspace_id}.>"


def all_of(workspace_id: str) -> dict[str, str]:
    """Everything that concerns a workspace: on which streams, under which subject."""
    return {
        COMMANDS_STREAM: commands_of(workspace_id),
        EVENTS_STREAM: f"events.{workspace_id}.>",
        DERIVED_STREAM: f"derived.{workspace_id}.>",
        PARKED_STREAM: f"parked.*.{workspace_id}",
    }


def blob_parts(nuid: str) -> str:
    """The pieces of an object of the bucket BLOBS."""
    return f"$O.BLOBS.C.{nuid}"


def embedding(workspace_id: str, memory_id: str) -> str:
    return f"derived.{workspace_id}.embedding.{memory_id}"


def chunk_embeddings(workspace_id: str, document_id: str, part: int | str) -> str:
    """Of a part of a document's chunks; with `*` as part, all of the document."""
    return f"derived.{workspace_id}.chunks.{document_id}.{part}"


def chunk_embeddings_of(workspace_id: str) -> str:
    return f"derived.{workspace_id}.chunks.>"


def blob_chunks(nuid: str) -> str:
    """The messages of one object of BLOBS."""
    return f"$O.{BLOBS_BUCKET}.C.{nuid}"


def blob_entry(name: str) -> str:
    """What BLOBS says of the object `name`: NATS spells it in base64."""
    return f"$O.{BLOBS_BUCKET}.M.{urlsafe_b64encode(name.encode()).decode()}"


def embedding_calls(workspace_id: str) -> str:
    return f"derived.{workspace_id}.calls"


def derived_kind(subject: str) -> str:
    """What a subject of DERIVED is about: "embedding", "chunks", "ranks", "judgement", "calls"."""
    return subject.split(".")[2]


def ranks(workspace_id: str, part: int) -> str:
    return f"derived.{workspace_id}.ranks.{part}"


def ranks_of(workspace_id: str) -> str:
    return f"derived.{workspace_id}.ranks.*"


def judgement(workspace_id: str, one: str, other: str) -> str:
    """Of two memories, in whichever order they are given; either may be `*`, and is then taken in the given order."""
    first, second = (one, other) if "*" in (one, other) else sorted((one, other))
    return f"derived.{workspace_id}.judgement.{first}.{second}"


def news(workspace_id: str) -> str:
    """Says that there is something new in a workspace's log, and not what. On no stream; `*` for any workspace."""
    return f"news.{workspace_id}"


def query(asked: Question | type[Question]) -> str:
    return f"queries.{asked.service}.{asked.name}"


def account(asked: AccountQuestion | type[AccountQuestion]) -> str:
    """A root of its own: only the gateway may ask, and only memory hears."""
    return f"accounts.{asked.name}"


def ping(service: str) -> str:
    """Answered by a service that is ready to work."""
    return f"queries.{service}.ping"


def admin(service: str, action: str) -> str:
    """An operator's request; only the user `admin` may send it."""
    return f"admin.{service}.{action}"


def parked(service: str, workspace_id: str) -> str:
    return f"parked.{service}.{workspace_id}"


def key_entry(public_id: str) -> str:
    return f"$KV.KEYS.{public_id}"


_DERIVED = {"embedding": 1, "chunks": 2, "ranks": 1, "judgement": 2, "calls": 0}
"""Tokens that name what an entry of DERIVED is about, by its kind."""
_EVENT_KINDS = {(kind.entity, verb) for kind in EVENTS.values() for verb in (kind.verb, EventErased.verb)}


def template(subject: str) -> str:
    """The subject with `*` in the place of whatever is somebody's: one of few, and fit for a label."""
    match subject.split("."):
        case ["commands", _, entity, _, verb] if (entity, verb) in COMMANDS:
            return f"commands.*.{entity}.*.{verb}"
        case ["events", _, entity, _, verb] if (entity, verb) in _EVENT_KINDS:
            return f"events.*.{entity}.*.{verb}"
        case ["derived", _, kind, *_] if kind in _DERIVED:
            return ".".join(["derived.*", kind, *"*" * _DERIVED[kind]])
        case ["parked", service, _]:
            return f"parked.{service}.*"
        case ["$KV", bucket, *_]:
            return f"$KV.{bucket}.*"
        case ["queries" | "accounts" | "admin", *_]:
            return subject
        case ["$JS", "API", "STREAM", "MSG", "GET", stream]:
            return f"$JS.API.STREAM.MSG.GET.{stream}"
        case parts:
            return f"{parts[0]}.>"
