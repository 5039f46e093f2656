"""`python -m contracts.schemas` writes the contract's public face: the JSON Schema of every event, command and shape,
asyncapi.yaml and docs/events.md. `--check` says what drifted; `--release` keeps the events as they are as released.

The files are committed, and a difference fails the build. So does a change of a released event that is none of those
that are allowed: released.json is what they are compared with, in any clone and without a network.
"""

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from contracts import asyncapi, catalogue, compatibility
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
from contracts.subjects import EVENTS_STREAM
from contracts.transfer import LINES
from contracts.upcasts import UPCASTS

HERE = Path(__file__).parent
ROOT = HERE.parent
FOLDER = HERE / "schemas"
RELEASED = HERE / "released.json"
GOLDEN = ROOT / "tests/contracts/golden"


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


def released() -> dict[str, Any]:
    """What was released: schemas of events by type, and of the envelope as `cloudevent`; `version`: of Weft, then."""
    found: dict[str, Any] = json.loads(RELEASED.read_text(encoding="utf-8"))
    return found


def refusals() -> list[str]:
    """What of the released events is not as it was; README.md says what may change."""
    return compatibility.refusals(released()["events"], _public(), UPCASTS)


def release() -> None:
    """Takes what there is now as released, the earlier versions of events too. To be done for each version of Weft."""
    events = {**released()["events"], **_public()}
    RELEASED.write_text(_text({"version": weft_version(), "events": events}), encoding="utf-8")


def files() -> dict[Path, str]:
    """All that is generated, and committed."""
    examples = {kind: json.loads((GOLDEN / f"{kind}.json").read_text(encoding="utf-8")) for kind in EVENTS}
    topology = tomllib.loads((ROOT / "deploy/nats/topology.toml").read_text(encoding="utf-8"))
    stream = {name: topology["streams"][EVENTS_STREAM][name] for name in ("max_age_s", "max_bytes")}
    described = asyncapi.document(weft_version(), stream, topology["subscribers"], examples)
    introduction = (HERE / "subscribing.md").read_text(encoding="utf-8")
    return {
        **{FOLDER / name: _text(schema) for name, schema in schemas().items()},
        HERE / "asyncapi.yaml": yaml.dump(described, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True),
        ROOT / "docs/events.md": catalogue.page(introduction, examples),
    }


def drift() -> list[str]:
    """Names of the files that are missing, stale or left over."""
    wanted = files()
    found = {path: path.read_text(encoding="utf-8") for path in wanted.keys() | FOLDER.glob("*.json") if path.exists()}
    return sorted(path.name for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path))


def write() -> None:
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


def _public() -> dict[str, Any]:
    return {"cloudevent": asyncapi.envelope()} | {kind: event.model_json_schema() for kind, event in EVENTS.items()}


def weft_version() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


class _Dumper(yaml.SafeDumper):
    """Writes lines of text as lines, and what occurs twice twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def represent_str(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _Dumper.represent_str)


def main(asked: str) -> None:
    if refused := refusals():
        sys.exit(
            "contracts: a released event may get a new optional field, and no other change:\n" + "\n".join(refused)
        )
    match asked:
        case "--check":
            if drifted := drift():
                sys.exit(f"contracts: run `make contracts` and look at the difference: {', '.join(drifted)}")
        case "--release":
            release()
        case _:
            write()


if __name__ == "__main__":
    main(sys.argv[1] if sys.argv[1:] else "")
