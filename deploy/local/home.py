"""Where a stack keeps its things: one folder, $WEFT_HOME, with its secrets made at the first start."""

import json
import os
import secrets
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

CHECKOUT = Path(__file__).resolve().parents[2]


NATS_USERS = ("gateway", "memory", "search", "graph", "extraction", "admin")
POSTGRES_ROLES = (
    "postgres",
    "weft_owner",
    "weft_memory",
    "weft_memory_loops",
    "weft_accounts",
    "weft_graph",
    "weft_graph_loops",
    "weft_extraction",
    "weft_extraction_loops",
)


def _passwords(names: tuple[str, ...], known: dict[str, str]) -> dict[str, str]:
    """Those that are known, and a new one for every other name: a newer Weft may have more services."""
    return {**{name: secrets.token_urlsafe(24) for name in names}, **known}


class Secrets(BaseModel):
    """Each generated once; the servers' data depend on them, so none is ever made anew."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    nats: Annotated[dict[str, str], AfterValidator(lambda known: _passwords(NATS_USERS, known))] = Field(
        default={}, validate_default=True
    )
    postgres: Annotated[dict[str, str], AfterValidator(lambda known: _passwords(POSTGRES_ROLES, known))] = Field(
        default={}, validate_default=True
    )
    nats_encryption_key: str = Field(default_factory=lambda: secrets.token_hex(32))
    """Seals what the streams hold on the disk; nothing is sealed where it is empty."""
    index_key: str = Field(default_factory=lambda: secrets.token_hex(32))
    """Makes what is an author's word in the index unreadable."""
    key_pepper: str = Field(default_factory=lambda: secrets.token_hex(32))
    portal_key: str = Field(default_factory=lambda: secrets.token_hex(32))
    """Signs what people get when they log in."""


@dataclass(frozen=True)
class Home:
    path: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """$WEFT_HOME, or .weft in the checkout."""
        return cls(Path(os.environ.get("WEFT_HOME") or CHECKOUT / ".weft").absolute())

    @property
    def run(self) -> Path:
        """What is true of the running stack only: ports, processes, lock, configuration written at each start."""
        return self.path / "run"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def nats_data(self) -> Path:
        return self.path / "nats"

    @property
    def postgres_data(self) -> Path:
        return self.path / "postgres"

    @property
    def search_data(self) -> Path:
        return self.path / "search"

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def credentials(self) -> Path:
        """What the first start prints: the URL, the default workspace and its key."""
        return self.path / "credentials.env"

    @property
    def master_key(self) -> Path:
        """What opens all content. It is in no backup of the servers' data: whoever loses it has lost the content."""
        return self.path / "master.key"

    def subscribers(self) -> dict[str, str]:
        """By name, the bcrypt hash of each event subscriber's password."""
        return TypeAdapter(dict[str, str]).validate_python(read_json(self.path / "subscribers.json"))

    def write_subscribers(self, known: dict[str, str]) -> None:
        write_private(self.path / "subscribers.json", json.dumps(known, indent=2) + "\n")

    def make(self) -> None:
        for folder in (self.path, self.run, self.logs, self.nats_data, self.search_data, self.model):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def make_master_key(self) -> None:
        """Where there is none yet. Services refuse a new one in the place of one that was lost."""
        if not self.master_key.exists():
            write_private(self.master_key, f"{b64encode(secrets.token_bytes(32)).decode()}\n")

    def secrets(self) -> Secrets:
        """Those of this stack; what is missing is made now."""
        file = self.path / "secrets.json"
        written = file.read_text() if file.exists() else "{}"
        found = Secrets.model_validate_json(written).model_dump_json(indent=2)
        if found != written:
            write_private(file, found)
        return Secrets.model_validate_json(found)


def write_private(file: Path, text: str) -> None:
    """Replaces the file at once, for its owner only (0600): a reader sees the old text or the new, never half of it."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)


def read_credentials(file: Path) -> dict[str, str]:
    """NAME=value lines as a dictionary; empty when there is no file yet."""
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def read_json(file: Path) -> dict[str, object]:
    """The object in the file; empty when there is none."""
    try:
        value = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    return value if isinstance(value, dict) else {}
