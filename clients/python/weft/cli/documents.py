"""Documents, and questions across them and memories, on the command line."""

from collections.abc import Callable, Iterator, Sequence
from glob import iglob
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from weft.cli.faults import NoSuchFile
from weft.cli.here import Here, _Here
from weft.cli.options import Flag, Limit, Namespaces, WriteNamespace
from weft.cli.output import Column
from weft.errors import ApiError, Forbidden, NotAuthenticated, NotFound
from weft.words import EntityKind, FactKind, QueryMode, TextType

if TYPE_CHECKING:
    from weft.document_models import Chunk, Document, Entity, Fact, Result, Section

KNOWN = (".md", ".markdown", ".txt", ".text", ".pdf")
SUFFIXES = (*KNOWN, ".rst", ".adoc")
SHOWN_MAX = 300
"""Of a passage's characters; --json has them all."""

docs = App(name="docs", help="Documents, and what is read out of them.")


@docs.command
def ingest(
    *paths: str,
    namespace: WriteNamespace = None,
    source_id: str | None = None,
    wait: Flag = False,
    here: Here,
) -> int:
    """Have documents read: text, Markdown, PDF. Prints their ids; ends with 1 where one could not be taken.

    A file that was ingested before becomes the next version of its document.

    Parameters
    ----------
    paths
        Files, folders, patterns.
    source_id
        What a single document is called where it comes from; its path if not given.
    wait
        Until all are read.
    """
    files = list(dict.fromkeys(file for each in paths for file in _files(each)))
    if not files:
        raise NoSuchFile(f"There is no document in {', '.join(paths) or 'nothing'}: no {', '.join(SUFFIXES)}.")
    if source_id is not None and len(files) > 1:
        raise NoSuchFile(f"--source-id is for one document, and these are {len(files)}.")
    with here.progress("ingesting", len(files)) as advance:
        taken, good = _taken(here, files, namespace, source_id, advance)
    if wait:
        with here.progress("reading", len(taken)) as advance:
            good = _wait(here, taken, advance) and good
    here.output.each((it, f"{it['document_id']}  {it['status']:<9}  {it['file']}", *it.values()) for it in taken)
    return 0 if good else 1


def _files(named: str) -> Iterator[Path]:
    """Of a folder its documents, of a pattern what fits it; what is named itself, whatever its name."""
    path = Path(named)
    if path.is_dir():
        yield from sorted(each for each in path.rglob("*") if each.is_file() and each.suffix.lower() in SUFFIXES)
    elif path.is_file():
        yield path
    else:
        found = (Path(each) for each in iglob(named, recursive=True))  # noqa: PTH207 - a pattern may be absolute
        yield from sorted(each for each in found if each.is_file())


def _taken(
    here: _Here, files: Sequence[Path], namespace: str | None, source_id: str | None, advance: Callable[[int], None]
) -> tuple[list[dict[str, str]], bool]:
    """What was taken, and whether all was. What would be the same for all others is raised."""
    taken, good = [], True
    for file in files:
        called = source_id or str(file.absolute())
        try:
            it = here.weft.documents.ingest_file(
                file, source_id=called, namespace=namespace, content_type=_type_of(file)
            )
            taken.append({"document_id": it.document_id, "job_id": it.job_id, "status": "taken", "file": str(file)})
        except (NotAuthenticated, Forbidden, NotFound):
            raise
        except (ApiError, OSError) as why:
            good = False
            here.output.complain(f"{file}: {why}")
        advance(1)
    return taken, good


def _wait(here: _Here, taken: list[dict[str, str]], advance: Callable[[int], None]) -> bool:
    """Until each job has ended; whether none failed."""
    good = True
    for it in taken:
        job = [*here.weft.jobs.follow(it["job_id"])][-1]
        it["status"] = job.status
        if job.status == "failed":
            good = False
            here.output.complain(f"{it['file']}: {job.error}")
        advance(1)
    return good


def _type_of(file: Path) -> TextType | None:
    """The server knows some names; what else is named or asked for is read as text."""
    return None if file.suffix.lower() in KNOWN else "text"


@docs.command(name="list")
def list_(*, namespace: Namespaces = None, limit: Limit = 50, here: Here) -> None:
    """List documents, the newest first."""
    columns: list[Column[Document]] = [
        Column("id", lambda it: it.document_id),
        Column("status", lambda it: it.status),
        Column("version", lambda it: it.version),
        Column("chunks", lambda it: it.chunk_count),
        Column("namespace", lambda it: it.namespace),
        Column("title", lambda it: it.title, is_long=True),
    ]
    here.output.rows(here.weft.documents.list(namespaces=namespace, limit=limit), columns)


@docs.command
def get(document_id: str, *, here: Here) -> None:
    """Show a document."""
    found = here.weft.documents.get(document_id)
    names = ("document_id", "title", "source_id", "namespace", "status", "version", "ready_version", "chunk_count")
    fields = [(name.replace("_", " "), getattr(found, name)) for name in names]
    more = ("section_count", "media_type", "size", "job_id", "created_at", "updated_at")
    here.output.record(found, fields + [(name.replace("_", " "), getattr(found, name)) for name in more])


@docs.command
def tree(document_id: str, *, here: Here) -> None:
    """Show a document's sections."""
    columns: list[Column[Section]] = [
        Column("id", lambda it: it.section_id),
        Column("chunks", lambda it: f"{it.first_chunk}-{it.last_chunk}"),
        Column("section", lambda it: f"{'· ' * (it.level - 1)}{it.title}", is_long=True),
    ]
    here.output.rows(here.weft.documents.tree(document_id), columns)


@docs.command
def chunks(document_id: str, *, limit: Limit = 50, here: Here) -> None:
    """Show a document's passages, in its order."""
    columns: list[Column[Chunk]] = [
        Column("number", lambda it: it.index),
        Column("id", lambda it: it.chunk_id),
        Column("text", lambda it: it.text, is_long=True),
    ]
    here.output.rows(here.weft.documents.chunks(document_id, limit=limit), columns)


@docs.command
def facts(
    *,
    document: str | None = None,
    kind: FactKind | None = None,
    namespace: Namespaces = None,
    limit: Limit = 50,
    here: Here,
) -> None:
    """Show what documents say."""
    columns: list[Column[Fact]] = [
        Column("kind", lambda it: it.kind),
        Column("confidence", lambda it: it.confidence),
        Column("document", lambda it: it.document_id),
        Column("fact", lambda it: it.text, is_long=True),
    ]
    here.output.rows(here.weft.facts(kind=kind, document_id=document, namespaces=namespace, limit=limit), columns)


@docs.command
def entities(
    *,
    document: str | None = None,
    kind: EntityKind | None = None,
    namespace: Namespaces = None,
    limit: Limit = 50,
    here: Here,
) -> None:
    """Show what documents speak of."""
    columns: list[Column[Entity]] = [
        Column("mentions", lambda it: it.mentions),
        Column("kind", lambda it: it.kind),
        Column("name", lambda it: it.name, is_long=True),
    ]
    here.output.rows(here.weft.entities(kind=kind, document_id=document, namespaces=namespace, limit=limit), columns)


@docs.command
def delete(*document_ids: str, yes: Flag = False, here: Here) -> None:
    """Delete documents for good, with all that was read out of them.

    Parameters
    ----------
    yes
        Do not ask. Needed where nobody can be asked.
    """
    here.confirm(f"Delete {', '.join(document_ids)} for good?", sure=yes)
    here.output.each(_deleted(here, document_ids))


def _deleted(here: _Here, document_ids: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    for each in document_ids:
        here.weft.documents.delete(each)
        yield {"document_id": each, "deleted": True}, f"Deleted {each}.", each


def query(
    question: str,
    *,
    mode: QueryMode = "fast",
    synthesize: Annotated[
        bool, Parameter(negative=(), help="An answer with citations, where there is a model.")
    ] = False,
    namespace: Namespaces = None,
    limit: Limit = 10,
    exit_code: Flag = False,
    here: Here,
) -> int:
    """Ask memories and documents together, the best first.

    Parameters
    ----------
    mode
        `rich` looks at neighbours in the graph, sections and facts, too.
    exit_code
        End with 1 where nothing is found.
    """
    answer = here.weft.query(
        question, mode=mode, synthesize=synthesize or None, max_results=limit, namespaces=namespace
    )
    here.output.warn(answer.warnings)
    columns: list[Column[Result]] = [
        Column("score", lambda it: it.score),
        Column("id", lambda it: it.id),
        Column("title", lambda it: it.title, is_long=True),
        Column("text", lambda it: _beginning(it.text), is_long=True),
    ]
    found = here.output.rows(answer.results, columns, whole=answer)
    if answer.answer is not None:
        here.output.note(answer.answer)
    return 1 if exit_code and not found else 0


def _beginning(passage: str) -> str:
    return passage if len(passage) <= SHOWN_MAX else f"{passage[: SHOWN_MAX - 3]}..."
