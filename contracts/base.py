"""Values that every message is made of: identifiers, texts and numbers with their limits (SPEC 2 and 3.19)."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    field_serializer,
)
from pydantic_core import to_json

WEFT_NAMESPACE = UUID("6d7d4f0e-5a6b-5c0b-9a57-2f0a3f3b7c11")
"""The uuid5 namespace of every id that Weft derives."""

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"

METADATA_BYTES_MAX = 16_384
METADATA_DEPTH_MAX = 8


class Word(BaseModel):
    """A message or a part of one. Immutable; readers ignore fields that they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class StrictWord(BaseModel):
    """A message that asks for something: an unknown field is an error, and no value is converted from another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _no_control(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain the NUL character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("must not contain a lone surrogate") from None
    return text


def visible(text: str) -> str:
    """Raises ValueError for a text in which nothing can be seen."""
    if not any(character.isprintable() and not character.isspace() for character in text):
        raise ValueError("must contain at least one visible character")
    return text


def _bounded(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Metadata: at most METADATA_BYTES_MAX as JSON, at most METADATA_DEPTH_MAX deep, and no text that can't be kept."""
    _keepable(value, METADATA_DEPTH_MAX)
    if len(to_json(value)) > METADATA_BYTES_MAX:
        raise ValueError(f"must not be longer than {METADATA_BYTES_MAX} bytes as JSON")
    return value


def _keepable(value: Any, depth_left: int) -> None:
    if isinstance(value, str):
        _no_control(value)
    elif isinstance(value, dict | list):
        if depth_left == 0:
            raise ValueError(f"must not be nested deeper than {METADATA_DEPTH_MAX}")
        for child in value.values() if isinstance(value, dict) else value:
            _keepable(child, depth_left - 1)
        for name in value if isinstance(value, dict) else ():
            _no_control(name)


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be between the years 1 and 9999 in UTC") from None


Text = Annotated[str, AfterValidator(_no_control)]
"""Any string that Postgres and JSON can carry: no NUL, no lone surrogate."""

Title = Annotated[Text, StringConstraints(min_length=1, max_length=500), AfterValidator(visible)]
Narrative = Annotated[Text, StringConstraints(min_length=1, max_length=65_536), AfterValidator(visible)]
Tag = Annotated[Text, StringConstraints(min_length=1, max_length=128)]
Tags = Annotated[tuple[Tag, ...], Field(max_length=64)]
SourceFile = Annotated[Text, StringConstraints(min_length=1, max_length=1_024)]
SourceFiles = Annotated[tuple[SourceFile, ...], Field(max_length=256)]
Query = Annotated[Text, StringConstraints(max_length=2_000)]
Topic = Annotated[Query, AfterValidator(visible)]
"""A query that may not be empty."""
Reason = Annotated[Text, StringConstraints(min_length=1, max_length=1_000), AfterValidator(visible)]

Score = Annotated[float, Field(ge=0.0, le=1.0, strict=True)]
"""A number in [0, 1]; a boolean or a string is not a number."""

Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A time, in UTC whatever zone it came in; on the wire RFC 3339 with `Z`."""

WantedTypes = Annotated[tuple[Text, ...], Field(max_length=64)]
"""Of events, as contracts.events.is_of_type understands them; none for all."""
DeliveryStatus = Literal["waiting", "delivered", "parked"]
Description = Annotated[Text, StringConstraints(max_length=500)]
WebhookUrl = Annotated[str, StringConstraints(max_length=2_048, pattern=r"^https?://[!-~]+$")]
"""Where a webhook is sent; names in other scripts are written in punycode."""

WorkspaceId = Annotated[str, StringConstraints(pattern=r"^ws-[a-z0-9]{12}$")]
MemoryId = Annotated[str, StringConstraints(pattern=r"^mem-[a-z0-9]{16}$")]
SessionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]
"""Chosen by the client, or `ses-...` where it chose none."""
JobId = Annotated[str, StringConstraints(pattern=r"^job-[a-z0-9]{16}$")]
ObservationId = Annotated[str, StringConstraints(pattern=r"^obs-[a-z0-9]{16}$")]
NamespaceKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]

MemoryType = Literal[
    "decision",
    "pattern",
    "convention",
    "architecture",
    "discovery",
    "incident",
    "general",
    "wiki",
    "sdlc_knowledge",
]

EmbeddingStatus = Literal["pending", "ready", "failed"]
RelationshipType = Literal[
    "references",
    "related_to",
    "similar_to",
    "supersedes",
    "caused_by",
    "contradicts",
    "depends_on",
]
DiscoveryMethod = Literal[
    "embedding_similarity",
    "near_duplicate",
    "file_overlap",
    "explicit_mention",
    "concept_overlap",
    "tag_overlap",
    "session_cooccurrence",
    "temporal_proximity",
    "llm_judgement",
    "manual",
]
Ordering = Literal[
    "importance_score",
    "-importance_score",
    "access_count",
    "-access_count",
    "created_at",
    "-created_at",
    "retrieval_count",
    "-retrieval_count",
]

ObservationKind = Literal["tool_use", "file_read", "file_edit", "command", "message", "note"]
SessionStatus = Literal["active", "ended"]
EndReason = Literal["client", "sweeper"]
MaintenanceTask = Literal["importance", "reclassification", "consolidation", "retention"]
"""Nightly work on what is there. Memory does the first and the last by itself, extraction the others."""
JobKind = Literal["extraction", "document", "importance", "reclassification", "consolidation", "retention"]
JobStatus = Literal["queued", "running", "waiting", "completed", "empty", "failed"]
"""`waiting`: for a quota or a budget, and it says so. The last three are final, until somebody asks to try again."""

NamespaceStatus = Literal["active", "archived"]
Permission = Literal["read", "write"]
Plan = Literal["free", "pro", "team"]
SCOPES_MAX = 1_000
"""Namespaces that one key may have to do with, and that a workspace may have."""

Name = Annotated[Text, StringConstraints(min_length=1, max_length=256), AfterValidator(visible)]
ProjectPath = Annotated[Text, StringConstraints(min_length=1, max_length=1_024), AfterValidator(visible)]
Metadata = Annotated[dict[str, JsonValue], AfterValidator(_bounded)]
"""Whatever its author wants to keep with a thing: a JSON object, at most 16 KiB, at most 8 deep."""
Counts = Annotated[dict[Tag, Annotated[int, Field(ge=0)]], Field(max_length=32)]

DEFAULT_NAMESPACE = "default"


class Grants(Word):
    """What a key may do: the namespaces that it may read, those that it may write, and where its writes go unasked."""

    read: tuple[NamespaceKey, ...] = Field(description="Namespaces that may be read")
    write: tuple[NamespaceKey, ...] = Field(description="Namespaces that may be written")
    default: NamespaceKey = Field(description="Where a write goes that names no namespace")


NO_GRANTS = Grants(read=(), write=(), default=DEFAULT_NAMESPACE)
"""Of whoever manages a workspace: that opens no memory."""


class Scope(StrictWord):
    """What a key may do in one namespace."""

    namespace_id: UUID
    permissions: Annotated[frozenset[Permission], Field(min_length=1)]

    @field_serializer("permissions")
    def _in_order(self, permissions: frozenset[Permission]) -> list[Permission]:
        return sorted(permissions)


Scopes = Annotated[tuple[Scope, ...], Field(min_length=1, max_length=SCOPES_MAX)]


class Injected(Word):
    """A memory that was given to an agent, and how well it fitted; its text is not repeated."""

    memory_id: MemoryId = Field(description="The memory")
    score: Score = Field(description="How well it fitted")


class Observation(Word):
    """One thing that happened in a session. `at`: when, by whoever saw it."""

    observation_id: ObservationId = Field(description="The observation")
    kind: ObservationKind = Field(description="What kind of thing happened")
    content: Annotated[Text, StringConstraints(max_length=65_536)] = Field(description="What happened, in words")
    files: SourceFiles = Field((), description="Files that it had to do with")
    metadata: Metadata = Field(default_factory=dict, description="Whatever the client keeps with it")
    at: Moment = Field(description="When, by whoever saw it")


class Quote(Word):
    """A passage that a memory rests on; without an id it is from the session's summary."""

    observation_id: ObservationId | None = Field(
        None, description="The observation that it is from; null: the session's summary"
    )
    text: Annotated[Text, StringConstraints(max_length=1_000)] = Field(description="The passage, word for word")


class Nearest(Word):
    """The memory that a search found nearest before storing, and its score."""

    memory_id: MemoryId = Field(description="The memory")
    score: Score = Field(description="How near it was")


class Evidence(Word):
    """What an extracted memory rests on, who extracted it (name and version), and what was there before.

    Without a session it is nightly work that looked at the memory itself.
    """

    session_id: SessionId | None = Field(
        None, description="The session that it was learnt in; null: nightly work that looked at the memory itself"
    )
    extractor: Annotated[Text, StringConstraints(min_length=1, max_length=200)] = Field(
        description="Who extracted it: name and version"
    )
    quotes: Annotated[tuple[Quote, ...], Field(max_length=32)] = Field((), description="Passages that it rests on")
    nearest: Nearest | None = Field(None, description="The memory that was nearest before this was stored")


CONSOLIDATED_MAX = 100
"""So many memories may be folded into one."""


class Brought(Word):
    """What of a memory's lists it has only from those that are folded into it."""

    tags: tuple[Tag, ...] = Field((), description="Tags")
    concepts: tuple[Tag, ...] = Field((), description="Concepts")
    source_files: tuple[SourceFile, ...] = Field((), description="Files")


def short_id(seed: UUID, length: int) -> str:
    """`length` (at most 24: a UUID holds no more) characters of [a-z0-9] that depend on nothing but `seed`."""
    number, characters = seed.int, []
    for _ in range(length):
        number, digit = divmod(number, 36)
        characters.append(_BASE36[digit])
    return "".join(characters)


def memory_id_from(seed: UUID) -> str:
    return f"mem-{short_id(seed, 16)}"


def workspace_id_from(seed: UUID) -> str:
    return f"ws-{short_id(seed, 12)}"


def session_id_from(seed: UUID) -> str:
    return f"ses-{short_id(seed, 16)}"


def extraction_job_id(workspace_id: str, session_id: str) -> str:
    """A session's job: there is one."""
    return f"job-{short_id(derived_id('job', workspace_id, session_id), 16)}"


def maintenance_job_id(workspace_id: str, namespace: str, task: MaintenanceTask, day: date) -> str:
    """The job of one task in one namespace: there is one a day (UTC)."""
    return f"job-{short_id(derived_id('maintenance', workspace_id, namespace, task, day.isoformat()), 16)}"


def observation_id_from(command_id: UUID, number: int) -> str:
    """The id of the observation with that number (from 0) of a batch."""
    return f"obs-{short_id(derived_id('observation', str(command_id), str(number)), 16)}"


def derived_id(*parts: str) -> UUID:
    """The UUID (version 5) that stands for `parts`; NUL, which no id contains, keeps ("a", "bc") from ("ab", "c")."""
    return uuid5(WEFT_NAMESPACE, "\0".join(parts))


def internal_id(workspace_id: str, memory_id: str) -> UUID:
    """A memory's `id`: also its point in the index, so that no service has to ask another for it."""
    return derived_id("memory", workspace_id, memory_id)


def relationship_id(workspace_id: str, source: str, target: str, kind: str) -> UUID:
    """An edge's `id`: there is one for each source, target and type, whoever found it."""
    return derived_id("relationship", workspace_id, source, target, kind)


def tenant_id(workspace_id: str) -> UUID:
    """A workspace's UUID: what family B calls its tenant_id. Both names are good in X-Tenant-Id."""
    return derived_id("workspace", workspace_id)


def namespace_id(workspace_id: str, namespace: str) -> UUID:
    """A namespace's `id`: its key never changes, so neither does this."""
    return derived_id("namespace", workspace_id, namespace)


def content_hash(title: str, narrative: str) -> str:
    """32 hex digits that name the text which is embedded. Two memories with the same text share a hash."""
    return derived_id("content", title, narrative).hex


def is_memory_id(text: str) -> bool:
    return re.fullmatch(r"mem-[a-z0-9]{16}", text) is not None


def is_session_id(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", text) is not None


def is_job_id(text: str) -> bool:
    return re.fullmatch(r"job-[a-z0-9]{16}", text) is not None


def now() -> datetime:
    return datetime.now(UTC)
