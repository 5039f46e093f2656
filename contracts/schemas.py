"""`python -m contracts.schemas` writes the JSON Schema of every event, command and shape; `--check` says what drifted.

The files are the public face of the contract: they are committed, and a difference fails the build.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from contracts.commands import COMMANDS
from contracts.events import EVENTS, CloudEvent
from contracts.replies import (
    ApiKey,
    ChunkEmbeddings,
    Delivery,
    Document,
    Embedding,
    FoundChunk,
    FoundEntity,
    FoundFact,
    Job,
    Judgement,
    ManagedWorkspace,
    Memory,
    Namespace,
    Ranks,
    Relationship,
    SearchResults,
    Session,
    StoredKey,
    Subgraph,
    Webhook,
    Workspace,
)
from contracts.transfer import LINES

FOLDER = Path(__file__).parent / "schemas"


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by the name of its file."""
    words: dict[str, type[BaseModel]] = {"cloudevent": CloudEvent}
    words |= dict(EVENTS)
    words |= {f"command.{entity}.{verb}": kind for (entity, verb), kind in COMMANDS.items()}
    words |= {
        "memory": Memory,
        "search-results": SearchResults,
        "workspace": Workspace,
        "session": Session,
        "job": Job,
        "document": Document,
        "chunk": FoundChunk,
        "fact": FoundFact,
        "entity": FoundEntity,
        "relationship": Relationship,
        "subgraph": Subgraph,
        "derived.embedding": Embedding,
        "derived.chunks": ChunkEmbeddings,
        "derived.ranks": Ranks,
        "derived.judgement": Judgement,
        "key": StoredKey,
        "api-key": ApiKey,
        "namespace": Namespace,
        "webhook": Webhook,
        "delivery": Delivery,
        "managed-workspace": ManagedWorkspace,
    }
    words |= {f"line.{kind}": line for kind, line in LINES.items()}
    return {f"{name}.json": kind.model_json_schema() for name, kind in words.items()}


def drift() -> list[str]:
    """Names of the files that are missing, stale or left over."""
    wanted = {name: _text(schema) for name, schema in schemas().items()}
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def write() -> None:
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for name, schema in schemas().items():
        (FOLDER / name).write_text(_text(schema), encoding="utf-8")


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        write()
    elif drifted := drift():
        sys.exit(f"contracts/schemas: run `make contracts` and look at the difference: {', '.join(drifted)}")
