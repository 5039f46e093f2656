"""What the tables keep of a memory's words, sealed by its own key, which stands in its row and goes with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

from contracts.replies import Judgement
from services.graph.relations import Kind
from services.graph.store.keyed import Keyed
from services.kit.postgres import Connection
from services.kit.sealing import tables
from services.kit.sealing.keys import Keys

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What is read of many memories at once; the narrative is sealed apart. As relations.features has these."""

    title: str
    content_hash: str
    features: tuple[tuple[Kind, str], ...]

    @property
    def terms(self) -> tuple[str, ...]:
        """Concepts and tags."""
        return tuple(name for kind, name in self.features if kind in (Kind.CONCEPT, Kind.TAG))


class Sealed:
    """The keys of a workspace that are known in a transaction, and its keyed hashes. A memory's row, as it is read, has
    `memory_id`, `version`, `wrapped` and what was sealed. All that read raise services.kit.sealing.keys.Unreadable.
    """

    def __init__(self, keys: Keys):
        self._keys = keys
        self.workspace_id = keys.workspace.workspace_id
        self.keyed = Keyed(keys.workspace.mark("graph"))

    def new_key(self, memory_id: str) -> bytes:
        """Wrapped, for the memory's row."""
        return self._keys.make(memory_id)

    def learn(self, memory_id: str, wrapped: bytes) -> None:
        """The key that the memory's row has, to seal with."""
        self._keys.learn(memory_id, wrapped)

    def seal_told(self, memory_id: str, version: int, told: Told) -> bytes:
        plain = to_json([told.title, told.content_hash, told.features])
        return self._keys.of(memory_id).seal(plain, *self._place("told", memory_id, version))

    def told(self, row: Row) -> Told:
        title, content_hash, features = from_json(self._open("told", row, self._of_version("told", row)))
        return Told(title, content_hash, tuple((Kind(kind), name) for kind, name in features))

    def seal_narrative(self, memory_id: str, version: int, narrative: str) -> bytes:
        place = self._place("narrative", memory_id, version)
        return self._keys.of(memory_id).seal(narrative.encode(), *place)

    def narrative(self, row: Row) -> str:
        return self._open("narrative", row, self._of_version("narrative", row)).decode()

    def seal_label(self, memory_id: str, wrapped: bytes, label: str | None) -> bytes | None:
        if label is None:
            return None
        self.learn(memory_id, wrapped)
        sealed = self._keys.of(memory_id).seal(label.encode(), *self._place("label", memory_id))
        self._forget(memory_id)
        return sealed

    def label(self, row: Row) -> str | None:
        if row["label"] is None:
            return None
        return self._open("label", row, self._place("label", row["memory_id"])).decode()

    def seal_said(self, judgement: Judgement) -> bytes:
        """By the keys of both memories, which are known: it opens only with both, and so goes with either."""
        ends = judgement.source_memory_id, judgement.target_memory_id
        sealed = judgement.model_dump_json().encode()
        for each in ends:
            sealed = self._keys.of(each).seal(sealed, *self._place("said", *ends))
        return sealed

    def said(self, row: Row) -> Judgement:
        """A row has `said`, `source` and `target` (memory ids) with `source_key` and `target_key`."""
        ends = row["source"], row["target"]
        opened = row["said"]
        for each, wrapped in ((row["target"], row["target_key"]), (row["source"], row["source_key"])):
            self.learn(each, wrapped)
            opened = self._keys.of(each).unseal(opened, *self._place("said", *ends))
        return Judgement.model_validate_json(opened)

    def _open(self, what: str, row: Row, place: tuple[str, ...]) -> bytes:
        self.learn(row["memory_id"], row["wrapped"])
        opened = self._keys.of(row["memory_id"]).unseal(row[what], *place)
        self._forget(row["memory_id"])
        return opened

    def _forget(self, memory_id: str) -> None:
        """An opened key takes 2.5 kB, and a workspace may have 100,000."""
        self._keys.learn(memory_id, None)

    def _of_version(self, what: str, row: Row) -> tuple[str, ...]:
        return self._place(what, row["memory_id"], row["version"])

    def _place(self, what: str, *of: object) -> tuple[str, ...]:
        return ("graph", what, self.workspace_id, *map(str, of))


def sealed_in(connection: Connection, workspace_id: str) -> Sealed:
    """Where the transaction has met the workspace's key: it wrote under the lock, or read by `tables.sealed_rows`."""
    return Sealed(tables.opened(connection, workspace_id))


def as_bytea(sealed: bytes | None) -> str | None:
    """As JSON holds it that Postgres reads."""
    return None if sealed is None else f"\\x{sealed.hex()}"
