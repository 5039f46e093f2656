"""The declared streams and readers on a real server."""

import nats
import pytest
from nats.js.errors import APIError
from pydantic import ValidationError

from deploy.nats.apply import apply
from deploy.nats.server import load_permissions
from deploy.nats.topology import Topology, load_topology
from tests.stack import Servers


def test_an_unknown_setting_is_an_error() -> None:
    declared = load_topology().model_dump()
    declared["streams"]["COMMANDS"]["max_agee_s"] = 1
    with pytest.raises(ValidationError, match="max_agee_s"):
        Topology.model_validate(declared)


def test_every_reader_belongs_to_a_declared_stream_and_a_user() -> None:
    topology = load_topology()
    for stream, durables in topology.durables.items():
        assert stream in topology.streams
        for name in durables:
            assert f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}" in load_permissions()[name].publish


async def test_what_is_as_declared_is_left_alone(servers: Servers) -> None:
    assert await apply(servers.nats_url("admin")) == []


async def test_what_differs_is_named_and_corrected(servers: Servers) -> None:
    url = servers.nats_url("admin")
    declared = load_topology().model_dump()
    declared["streams"]["PARKED"]["max_bytes"] = 1_000_000
    declared["durables"]["EVENTS"]["search"]["max_ack_pending"] = 7

    assert await apply(url, Topology.model_validate(declared)) == [
        "stream PARKED: max_bytes 4294967296 -> 1000000",
        "reader EVENTS/search: max_ack_pending 1000 -> 7",
    ]
    assert await apply(url) == [
        "stream PARKED: max_bytes 1000000 -> 4294967296",
        "reader EVENTS/search: max_ack_pending 7 -> 1000",
    ]


async def test_a_reader_of_one_kind_of_event_becomes_one_of_two_and_back(servers: Servers) -> None:
    url = servers.nats_url("admin")
    declared = load_topology().model_dump()
    both = declared["durables"]["EVENTS"]["extraction"].pop("filter_subjects")
    declared["durables"]["EVENTS"]["extraction"]["filter_subject"] = both[0]
    [narrowed] = await apply(url, Topology.model_validate(declared))
    assert narrowed.startswith("reader EVENTS/extraction: ")
    [widened] = await apply(url)
    assert "events.*.job.>" in widened
    assert await apply(url) == []


async def test_a_change_that_would_need_a_new_stream_is_refused_aloud(servers: Servers) -> None:
    declared = load_topology().model_dump()
    declared["buckets"]["KEYS"]["history"] = 1
    declared["streams"]["OTHER"] = {**declared["streams"]["COMMANDS"], "subjects": ["commands.ws.>"]}
    with pytest.raises(APIError, match="overlap"):
        await apply(servers.nats_url("admin"), Topology.model_validate(declared))


async def test_a_batch_of_events_is_taken_whole(servers: Servers) -> None:
    client = await nats.connect(servers.nats_url("memory"), inbox_prefix=b"_INBOX_memory")
    try:
        subject = "events.ws-batch.memory.m1.stored"
        for number in (1, 2):
            headers = {"Nats-Batch-Id": "batch-1", "Nats-Batch-Sequence": str(number)}
            if number == 1:
                await client.request(subject, b"one", headers=headers, timeout=2)
            else:
                answer = await client.request(subject, b"two", headers={**headers, "Nats-Batch-Commit": "1"}, timeout=2)
        assert b'"count":2' in answer.data
    finally:
        await client.close()
