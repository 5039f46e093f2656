"""Memories on the command line."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from weft.cli.here import Here, _Here
from weft.cli.options import (
    Concepts,
    Files,
    Flag,
    Limit,
    Namespaces,
    Tags,
    Text,
    WriteNamespace,
    dash_is_stdin,
    said_or_read,
)
from weft.cli.output import Column
from weft.words import MemoryType, Ordering

if TYPE_CHECKING:
    from weft.models import Hit, Memory

Types = Annotated[list[MemoryType] | None, Parameter(name="--type", negative=(), help="May be given several times.")]
Type = Annotated[MemoryType | None, Parameter(name="--type", help="What kind of memory it is.")]
Importance = Annotated[float | None, Parameter(name="--importance", help="From 0 to 1; 1 pins it.")]
Confidence = Annotated[float | None, Parameter(name="--confidence", help="From 0 to 1.")]
IfMatch = Annotated[int | None, Parameter(help="Only if this is still its revision.")]


def memory_columns() -> list[Column["Memory"]]:
    return [
        Column("id", lambda it: it.memory_id),
        Column("type", lambda it: it.memory_type),
        Column("importance", lambda it: it.importance_score),
        Column("namespace", lambda it: it.namespace),
        Column("title", lambda it: it.title, is_long=True),
    ]


def hit_columns() -> list[Column["Hit"]]:
    return [
        Column("score", lambda it: it.score),
        Column("id", lambda it: it.id),
        Column("type", lambda it: it.memory_type),
        Column("title", lambda it: it.title, is_long=True),
    ]


def store(
    title: str,
    narrative: str | None = None,
    *,
    type: Type = None,  # noqa: A002 - the option's name
    tag: Tags = None,
    concept: Concepts = None,
    file: Files = None,
    importance: Importance = None,
    confidence: Confidence = None,
    namespace: WriteNamespace = None,
    here: Here,
) -> None:
    """Store a memory; prints its id.

    Parameters
    ----------
    title
        What it is about, in a sentence.
    narrative
        What there is to remember. From standard input if it is not given.
    """
    made = here.weft.memories.store(
        title,
        said_or_read(narrative),
        memory_type=type,
        tags=tag,
        concepts=concept,
        source_files=file,
        importance_score=importance,
        confidence_score=confidence,
        namespace=namespace,
    )
    here.output.warn(made.warnings)
    here.output.done(made, f"Stored {made.memory_id} in {made.namespace}.", made.memory_id)


def get(memory_id: str, *, count: Flag = False, here: Here) -> None:
    """Show a memory with its relationships.

    Parameters
    ----------
    count
        Count it as an access.
    """
    if count:
        here.weft.memories.record_access(memory_id)
    found = here.weft.memories.get(memory_id)
    edges = [f"{it.relationship_type} {it.target_memory_id}" for it in found.outgoing_relationships]
    edges += [f"{it.relationship_type} (from) {it.source_memory_id}" for it in found.incoming_relationships]
    fields = [
        ("id", found.memory_id),
        ("title", found.title),
        ("type", found.memory_type),
        ("namespace", found.namespace),
        ("importance", found.importance_score),
        ("confidence", found.confidence_score),
        ("pagerank", found.pagerank_score),
        ("community", found.community_label),
        ("tags", found.tags),
        ("concepts", found.concepts),
        ("files", found.source_files),
        ("relationships", edges),
        ("session", found.source_session_id),
        ("consolidated into", found.consolidated_into),
        ("embedding", found.embedding_status),
        ("revision", found.revision),
        ("created", found.created_at),
        ("updated", found.updated_at),
    ]
    here.output.record(found, fields, found.narrative)
    here.output.warn(found.warnings)


def list_(
    *,
    type: Type = None,  # noqa: A002 - the option's name
    order: Annotated[Ordering | None, Parameter(help="`-` for descending.")] = None,
    namespace: Namespaces = None,
    pruning_candidates: Flag = False,
    consolidated: Flag = False,
    limit: Limit = 50,
    offset: int = 0,
    all: Flag = False,  # noqa: A002 - the option's name
    here: Here,
) -> None:
    """List memories, the most important first.

    Parameters
    ----------
    pruning_candidates
        Only those that could go.
    consolidated
        Also those that are folded into another.
    offset
        Leave out so many.
    all
        All there are, whatever `--limit` says.
    """
    found = here.weft.memories.list(
        memory_type=type,
        ordering=order,
        namespaces=namespace,
        pruning_candidates=pruning_candidates or None,
        consolidated=consolidated or None,
        limit=None if all else limit,
        offset=offset,
    )
    here.output.rows(found, memory_columns())


def search(
    query: str = "",
    *,
    type: Types = None,  # noqa: A002 - the option's name
    tag: Tags = None,
    tag_prefix: Annotated[list[str] | None, Parameter(negative=())] = None,
    file: Files = None,
    min_importance: float | None = None,
    min_confidence: float | None = None,
    namespace: Namespaces = None,
    words: Flag = False,
    limit: Limit = 20,
    offset: int = 0,
    exit_code: Flag = False,
    here: Here,
) -> int:
    """Search memories by meaning and by word, the best first.

    Parameters
    ----------
    query
        A question or words; without it, what the other options leave, the most important first.
    tag_prefix
        Tags that begin so; may be given several times.
    min_importance
        From 0 to 1.
    min_confidence
        From 0 to 1.
    words
        By words alone, not by meaning.
    offset
        Leave out so many.
    exit_code
        End with 1 where nothing is found.
    """
    answer = here.weft.memories.search(
        query,
        memory_types=type,
        tags=tag,
        tag_prefixes=tag_prefix,
        files=file,
        min_importance=min_importance,
        min_confidence=min_confidence,
        namespaces=namespace,
        use_semantic=not words,
        limit=limit,
        offset=offset,
    )
    here.output.warn(answer.warnings)
    found = here.output.rows(answer.results, hit_columns(), whole=answer)
    return 1 if exit_code and not found else 0


def update(
    memory_id: str,
    *,
    title: str | None = None,
    narrative: Text = None,
    type: Type = None,  # noqa: A002 - the option's name
    tag: Tags = None,
    concept: Concepts = None,
    file: Files = None,
    importance: Importance = None,
    confidence: Confidence = None,
    if_match: IfMatch = None,
    here: Here,
) -> None:
    """Change a memory: what is not given stays; a list that is given takes the place of the one that was.

    Parameters
    ----------
    narrative
        `-`: from standard input.
    """
    changed = here.weft.memories.update(
        memory_id,
        if_match=if_match,
        title=title,
        narrative=dash_is_stdin(narrative),
        memory_type=type,
        tags=tag,
        concepts=concept,
        source_files=file,
        importance_score=importance,
        confidence_score=confidence,
    )
    here.output.warn(changed.warnings)
    here.output.done(changed, f"Changed {changed.memory_id}: revision {changed.revision}.", changed.memory_id)


def delete(*memory_ids: str, yes: Flag = False, if_match: IfMatch = None, here: Here) -> None:
    """Delete memories for good.

    Parameters
    ----------
    yes
        Do not ask. Needed where nobody can be asked.
    """
    here.confirm(f"Delete {', '.join(memory_ids)} for good?", sure=yes)
    here.output.each(_deleted(here, memory_ids, if_match))


def _deleted(here: _Here, memory_ids: Sequence[str], if_match: int | None) -> Iterator[tuple[Any, ...]]:
    for each in memory_ids:
        here.weft.memories.delete(each, if_match=if_match)
        yield {"memory_id": each, "deleted": True}, f"Deleted {each}.", each


def rate(memory_id: str, *, useful: bool, context: str | None = None, here: Here) -> None:
    """Say whether a memory was of use.

    Parameters
    ----------
    useful
        Its importance rises by 0.02, or falls by 0.05.
    context
        Where, or why not.
    """
    rated = here.weft.memories.rate(memory_id, useful=useful, context=context)
    here.output.warn(rated.warnings)
    said = f"Importance {rated.previous_importance:.2f} -> {rated.updated_importance:.2f}."
    here.output.done(rated, said, f"{rated.updated_importance:.2f}")
