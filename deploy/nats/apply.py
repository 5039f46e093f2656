"""Makes a server's streams and readers as the topology says, and tells what it had to do."""

import sys
from typing import Any

import nats
from nats.js import JetStreamContext
from nats.js.api import Base, ConsumerConfig, StreamConfig
from nats.js.errors import NotFoundError

from deploy.nats.topology import Topology, load_topology

CONNECT_TIMEOUT_S = 5
REQUEST_TIMEOUT_S = 10


async def apply(url: str, topology: Topology | None = None, replicas: int | None = None) -> list[str]:
    """One line for each thing created or corrected; an empty list when all was as declared. `replicas`: see Topology.

    Raises nats.errors.Error when the server can't be reached, and nats.js.errors.APIError when it refuses a
    change, as it does for those that would need the stream or reader to be made anew.
    """
    topology = topology or load_topology()
    connection = await nats.connect(
        url,
        connect_timeout=CONNECT_TIMEOUT_S,
        allow_reconnect=False,
        inbox_prefix=b"_INBOX_admin",
        name="deploy.nats",
        error_cb=_tell,
    )
    try:
        jetstream = connection.jetstream(timeout=REQUEST_TIMEOUT_S)
        done = [await _apply_stream(jetstream, config) for config in topology.stream_configs(replicas)]
        done += [await _apply_durable(jetstream, stream, config) for stream, config in topology.durable_configs()]
    finally:
        await connection.close()
    return [line for line in done if line]


async def _tell(fault: Exception) -> None:
    """Each attempt to connect that failed, in a line; nats-py's own way is a traceback."""
    sys.stderr.write(f"NATS: {str(fault) or type(fault).__name__}\n")


async def _apply_stream(jetstream: JetStreamContext, wanted: StreamConfig) -> str | None:
    assert wanted.name is not None
    try:
        present = (await jetstream.stream_info(wanted.name)).config
    except NotFoundError:
        await jetstream.add_stream(wanted)
        return f"stream {wanted.name}: created"
    differences = _differences(wanted, present)
    if not differences:
        return None
    await jetstream.update_stream(wanted)
    return f"stream {wanted.name}: {differences}"


async def _apply_durable(jetstream: JetStreamContext, stream: str, wanted: ConsumerConfig) -> str | None:
    assert wanted.durable_name is not None
    try:
        present = (await jetstream.consumer_info(stream, wanted.durable_name)).config
    except NotFoundError:
        await jetstream.add_consumer(stream, wanted)
        return f"reader {stream}/{wanted.durable_name}: created"
    differences = _differences(wanted, present)
    if not differences:
        return None
    await jetstream.add_consumer(stream, wanted)
    return f"reader {stream}/{wanted.durable_name}: {differences}"


def _differences(wanted: Base, present: Base) -> str:
    """`name was -> is` for each declared setting that differs; the server leaves out what is false or zero."""
    there: dict[str, Any] = present.as_dict()
    changed = [
        f"{name} {there.get(name)} -> {value}"
        for name, value in wanted.as_dict().items()
        if value != there.get(name) and (value or there.get(name))
    ]
    return ", ".join(changed)
