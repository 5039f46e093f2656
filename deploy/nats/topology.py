"""`topology.toml` as typed values: what streams and readers there must be."""

import tomllib
from pathlib import Path
from typing import Literal

from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from pydantic import BaseModel, ConfigDict, Field


class Table(BaseModel):
    """One table of the file; an unknown key is an error, not a setting that silently does nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    description: str | None = None


class Stream(Table):
    subjects: list[str]
    discard: Literal["new", "old"]
    max_age_s: float = 0  # 0: for ever
    max_bytes: int = -1  # -1: no limit
    max_msgs_per_subject: int = -1
    duplicate_window_s: float = 120
    allow_atomic: bool = False
    allow_rollup: bool = False
    deny_delete: bool = False
    allow_msg_ttl: bool = False

    def config(self, name: str) -> StreamConfig:
        return StreamConfig(
            name=name,
            description=self.description,
            subjects=self.subjects,
            retention=RetentionPolicy.LIMITS,  # a work queue would lose what runs out of deliveries
            storage=StorageType.FILE,
            discard=DiscardPolicy(self.discard),
            max_age=self.max_age_s,
            max_bytes=self.max_bytes,
            max_msgs_per_subject=self.max_msgs_per_subject,
            duplicate_window=self.duplicate_window_s,
            allow_atomic=self.allow_atomic,
            allow_rollup_hdrs=self.allow_rollup,
            deny_delete=self.deny_delete,
            allow_msg_ttl=self.allow_msg_ttl,
            allow_direct=False,  # a direct get may be answered by a follower that has not caught up
        )


class Bucket(Table):
    """A key-value bucket, which is a stream by another name."""

    history: int = Field(ge=1, le=64)
    allow_msg_ttl: bool = False

    def stream(self, name: str) -> Stream:
        return Stream(
            description=self.description,
            subjects=[f"$KV.{name}.>"],
            discard="new",
            max_msgs_per_subject=self.history,
            allow_rollup=True,
            deny_delete=True,
            allow_msg_ttl=self.allow_msg_ttl,
        )


class ObjectStore(Table):
    max_age_s: float
    max_bytes: int

    def stream(self, name: str) -> Stream:
        return Stream(
            description=self.description,
            subjects=[f"$O.{name}.C.>", f"$O.{name}.M.>"],
            discard="new",
            max_age_s=self.max_age_s,
            max_bytes=self.max_bytes,
            allow_rollup=True,
        )


class Durable(Table):
    filter_subject: str | None = None  # one of the two
    filter_subjects: list[str] | None = None
    ack_wait_s: float
    max_deliver: int
    max_ack_pending: int

    def config(self, name: str) -> ConsumerConfig:
        return ConsumerConfig(
            durable_name=name,
            description=self.description,
            filter_subject=self.filter_subject,
            filter_subjects=self.filter_subjects,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self.ack_wait_s,
            max_deliver=self.max_deliver,
            max_ack_pending=self.max_ack_pending,
        )


class Topology(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    streams: dict[str, Stream]
    buckets: dict[str, Bucket]
    object_stores: dict[str, ObjectStore]
    subscribers: Durable
    durables: dict[str, dict[str, Durable]]  # by stream, then by name

    def stream_configs(self) -> list[StreamConfig]:
        """Of every stream there must be, those of the buckets and object stores included."""
        streams = dict(self.streams)
        streams |= {f"KV_{name}": bucket.stream(name) for name, bucket in self.buckets.items()}
        streams |= {f"OBJ_{name}": store.stream(name) for name, store in self.object_stores.items()}
        return [stream.config(name) for name, stream in streams.items()]

    def durable_configs(self) -> list[tuple[str, ConsumerConfig]]:
        """Pairs of a stream's name and a reader's configuration."""
        return [
            (s, durable.config(name)) for s, durables in self.durables.items() for name, durable in durables.items()
        ]


def load_topology(path: Path = Path(__file__).parent / "topology.toml") -> Topology:
    return Topology.model_validate(tomllib.loads(path.read_text()))
