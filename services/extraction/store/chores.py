"""Nightly work, what each job of it has still to order, and which memories were looked at in vain."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter
from pydantic_core import to_json

from services.extraction.retyping import Retype
from services.extraction.store.sealed import seal_hash, unseal_hash
from services.extraction.twins import Fold
from services.kit.postgres import Connection, load_sql, row, rows
from services.kit.sealing import tables

SQL = load_sql("services.extraction", "chores")

Kind = Literal["consolidation", "reclassification"]
Wanted = Fold | Retype
Outcome = Literal["done", "passed_over"]
"""`passed_over`: what it was about has changed since it was looked at."""

_WANTED: TypeAdapter[Wanted] = TypeAdapter(Annotated[Wanted, Field(discriminator="task")])


@dataclass(frozen=True, slots=True)
class Asked:
    """A job that was queued; `version` is that of the event in the job's stream."""

    job_id: str
    kind: Kind
    namespace: str
    version: int
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Chore:
    """A job that was begun just now, for the `begun`th time without having come to any end.

    `found` are counts of what was looked at, None until its orders are written down.
    """

    workspace_id: str
    job_id: str
    kind: Kind
    namespace: str
    version: int
    begun: int
    postponed: int
    found: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class Order:
    ordinal: int
    wanted: Wanted
    outcome: Outcome | None


async def ask(connection: Connection, workspace_id: str, asked: Asked) -> None:
    """Makes the job due, unless that or something later was heard before."""
    values = {
        "workspace_id": workspace_id,
        "job_id": asked.job_id,
        "kind": asked.kind,
        "namespace": asked.namespace,
        "version": asked.version,
        "asked_at": asked.asked_at,
    }
    await connection.execute(SQL["ask"].encode(), values)


async def begin(connection: Connection, workspace_id: str) -> Chore | None:
    """The job that was asked for first of those that are due."""
    found = await row(connection, SQL["begin"], {"workspace_id": workspace_id})
    return Chore(workspace_id, **found) if found is not None else None


async def postpone(connection: Connection, chore: Chore, delay_s: float) -> None:
    await connection.execute(SQL["postpone"].encode(), {**_named(chore), "delay_s": delay_s})


async def finish(connection: Connection, chore: Chore) -> None:
    """It is no longer due, unless it was queued once more since it was begun."""
    await connection.execute(SQL["finish"].encode(), _named(chore))


async def plan(connection: Connection, chore: Chore, found: Mapping[str, int], wanted: Sequence[Wanted]) -> None:
    """Writes down what is to be ordered, once and for all: after the first order there is less to be found."""
    values = {**_named(chore), "found": to_json(found).decode()}
    if await row(connection, SQL["plan"], values) is not None and wanted:
        listed = {**_named(chore), "wanted": to_json(wanted).decode()}
        await connection.execute(SQL["put_orders"].encode(), listed)


async def orders(connection: Connection, chore: Chore) -> list[Order]:
    return [
        Order(each["ordinal"], _WANTED.validate_json(to_json(each["wanted"])), each["outcome"])
        for each in await rows(connection, SQL["orders"], _named(chore))
    ]


async def done(connection: Connection, chore: Chore, ordinal: int, outcome: Outcome) -> None:
    await connection.execute(SQL["done"].encode(), {**_named(chore), "ordinal": ordinal, "outcome": outcome})


async def looked_at(connection: Connection, workspace_id: str, memory_ids: Collection[str]) -> dict[str, str]:
    """The content hash of those that were looked at in vain, by id."""
    values = {"workspace_id": workspace_id, "memory_ids": list(memory_ids)}
    found = await tables.sealed_rows(connection, workspace_id, SQL["looked_at"], values)
    if not found:
        return {}
    keys = tables.opened(connection, workspace_id)
    return {
        memory_id: unseal_hash(keys, each["content_hash"], "looked at", memory_id)
        for each in found
        for memory_id in (each["memory_id"],)
    }


async def note_looked_at(connection: Connection, chore: Chore, left: Mapping[str, str], there: Collection[str]) -> None:
    """`left` (content hashes by id) were looked at in vain; of all that is not among `there`, nothing is kept."""
    keys = await tables.enter(connection, chore.workspace_id)
    values = {
        "workspace_id": chore.workspace_id,
        "namespace": chore.namespace,
        "memory_ids": list(left),
        "content_hashes": [seal_hash(keys, content, "looked at", it) for it, content in left.items()],
    }
    await connection.execute(SQL["note_looked_at"].encode(), values)
    await connection.execute(SQL["forget_looked_at"].encode(), {**values, "memory_ids": list(there)})


def _named(chore: Chore) -> dict[str, object]:
    return {"workspace_id": chore.workspace_id, "job_id": chore.job_id, "version": chore.version}
