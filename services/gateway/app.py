"""Wires the gateway together and runs it: `python -m services.gateway.app`."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import uvicorn
from fastapi import FastAPI

from contracts import subjects
from services.gateway import mcp
from services.gateway.api import application, operations
from services.gateway.api.calls import Gate
from services.gateway.api.idempotency import Running
from services.gateway.api.streaming import Streams
from services.gateway.api.wire.protocol import Protocol
from services.gateway.api.wire.rates import Rate
from services.gateway.auth import Keys
from services.gateway.issuers import Issuer
from services.gateway.settings import GatewaySettings, read_hosts, read_rates
from services.kit import process, telemetry
from services.kit.bus import Bus
from services.kit.health import Health

GRACEFUL_STOP_S = 15
KEEP_ALIVE_S = 75


def build(settings: GatewaySettings) -> FastAPI:
    """The application; it connects to the bus when it is started, and lets go when it is stopped."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        bus = Bus(settings.nats_url, "gateway")
        health = Health(partial(bus.missing, settings.ready_lag_s, operations.STREAMS))
        telemetry.serve(settings.metrics_host, settings.metrics_port, health.missing)
        await bus.connect()
        await bus.hear(subjects.news("*"), lambda subject: streams.wake(subject.rpartition(".")[2]))
        app.state.gate = Gate(
            bus=bus,
            keys=Keys(bus, settings.key_pepper.get_secret_value()),
            reads=Rate("read", read_rates(settings.rate_reads)),
            writes=Rate("write", read_rates(settings.rate_writes)),
            running=Running(),
            streams=streams,
            portal_key=settings.portal_key.get_secret_value(),
            webhooks_allow_private=settings.webhooks_allow_private,
            issuer=issuer_of(settings),
        )
        process.spare_the_collector()
        looking = asyncio.create_task(health.run())
        async with tools.run():
            yield
        await process.end([looking])
        await bus.stop()

    streams = Streams(settings.streams_max, settings.streams_of_a_key_max)
    app = application.build(lifespan, settings.requests_max, settings.dashboard_dir)
    app.state.streams = streams
    tools = mcp.mount(app, read_hosts(settings.mcp_hosts))
    return app


def issuer_of(settings: GatewaySettings) -> Issuer | None:
    """The server that vouches for people, if there is one."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    return Issuer(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_organisation)


class Server(uvicorn.Server):
    """Ends the streams before it waits for requests to be answered: a stream has no end of its own."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.streams.end()  # type: ignore[union-attr]
        await super().shutdown(sockets)


def main(settings: GatewaySettings) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what is in progress."""
    telemetry.start("gateway")
    server = Server(
        uvicorn.Config(
            build(settings),
            host=settings.http_host,
            port=settings.http_port,
            loop="uvloop",
            http=Protocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACEFUL_STOP_S,
        )
    )
    server.run()


if __name__ == "__main__":
    main(GatewaySettings())
