"""Wires the memory service together and runs it: `python -m services.memory.app`."""

from functools import partial

import uvloop

from contracts import subjects
from services.kit import process, telemetry
from services.kit.bus import Bus
from services.kit.health import Health
from services.kit.postgres import Database
from services.kit.schema import Schema
from services.kit.sealing.keys import Keyring
from services.kit.sealing.masters import Masters
from services.kit.sealing.rekeying import register_rekeying
from services.memory.handlers.accounts import Accounts
from services.memory.handlers.admin import Admin
from services.memory.handlers.attempts import Attempts
from services.memory.handlers.commands import Commands
from services.memory.handlers.derived import Derived
from services.memory.handlers.documents import DocumentQueries
from services.memory.handlers.measuring import Measuring
from services.memory.handlers.members import Members
from services.memory.handlers.overview import Overviews
from services.memory.handlers.queries import Queries
from services.memory.handlers.sessions import SessionQueries
from services.memory.handlers.tenancy import TenancyQueries
from services.memory.handlers.tokens import WorkspaceTokens
from services.memory.handlers.transfer import Exports
from services.memory.handlers.webhooks import WebhookQueries
from services.memory.loops.ending import Ending
from services.memory.loops.erasure import Eraser
from services.memory.loops.housekeeping import Housekeeping, forget_logins
from services.memory.loops.keys import KeyEntries
from services.memory.loops.maintenance import Maintenance
from services.memory.loops.relay import Relay
from services.memory.loops.scheduling import Scheduler
from services.memory.loops.sweeping import Sweeper
from services.memory.loops.usage import UsageFlush
from services.memory.loops.webhooks import Webhooks
from services.memory.outgoing import Outgoing
from services.memory.passwords import Passwords
from services.memory.settings import MemorySettings

WRITTEN = (subjects.EVENTS_STREAM, subjects.PARKED_STREAM, subjects.KEYS_STREAM)
"""Streams that it writes and does not read."""


async def main(settings: MemorySettings) -> None:  # noqa: PLR0915 - wiring
    """Runs until SIGTERM."""
    telemetry.start("memory")
    bus = Bus(settings.nats_url, "memory")
    keyring = Keyring(Masters(settings.read_master_keys))
    database = Database(settings.postgres_dsn, "memory", size_max=10, keyring=keyring)
    loops = Database(settings.postgres_loops_dsn, "memory", size_max=6, keyring=keyring)
    people = Database(settings.postgres_accounts_dsn, "memory", size_max=4)
    passwords, committed = Passwords(), process.Wakeable()

    keys, housekeeping = KeyEntries(bus, loops), Housekeeping(bus, loops)
    commands = Commands(bus, database, committed, keys)
    bus.on_stream(subjects.COMMANDS_STREAM, subjects.ALL_COMMANDS, commands.handle)
    bus.on_stream(subjects.DERIVED_STREAM, subjects.ALL_DERIVED, Derived(database).handle)
    _answer(bus, database, loops)
    _answer_about_people(bus, database, people, passwords, settings)
    Admin(database, loops, people, commands).register(bus)
    register_rekeying(bus, loops, keyring)

    schema = Schema("memory", loops, keyring)
    health = Health(partial(bus.missing, settings.ready_lag_s, WRITTEN), *schema.probes)
    telemetry.serve(settings.metrics_host, settings.metrics_port, health.missing)

    outgoing = Outgoing(settings.webhooks_timeout_s, allow_private=settings.webhooks_allow_private)
    hooks = Webhooks(database, loops, commands.carry_out, outgoing, settings.webhooks_poll_s)

    nightly = [Scheduler(loops, commands.carry_out, settings.nightly_at).run] if settings.nightly_at else []

    async def start() -> None:
        await database.open()
        await loops.open()
        await people.open()
        await database.refuse_if_unsafe()
        await schema.refuse_unless_whole()
        await bus.connect()
        await bus.refuse_if_unsafe()
        if settings.nats_monitor_url is not None:
            await bus.refuse_unless_synced(settings.nats_monitor_url)
        await keys.follow()
        await bus.listen()

    async def stop() -> None:
        await bus.stop()
        await database.close()
        await loops.close()
        await people.close()
        await outgoing.close()
        passwords.close()

    await process.run(
        start,
        stop,
        loops=[
            health.run,
            Relay(bus, loops, committed, settings.relay_batch_max, settings.relay_poll_s).run,
            UsageFlush(database, loops, committed, settings.usage_flush_s).run,
            Sweeper(loops, commands.carry_out, settings.session_silence_h, settings.sweep_poll_s).run,
            Maintenance(loops, commands.carry_out, settings.maintenance_poll_s).run,
            *nightly,
            Eraser(bus, loops, settings.erase_poll_s).run,
            Ending(bus, database, loops, settings.erase_poll_s).run,
            hooks.run,
            hooks.forget,
            partial(keys.run, settings.keys_poll_s),
            partial(housekeeping.purge_commands, settings.purge_commands_s),
            partial(housekeeping.forget_answers, settings.keep_answers_days),
            partial(forget_logins, people, settings.login_failures_window_s),
            partial(housekeeping.take_stock, settings.parked_poll_s),
        ],
    )


def _answer(bus: Bus, database: Database, loops: Database) -> None:
    """Registers what may be asked of memory."""
    Queries(bus, database).register()
    SessionQueries(database).register(bus)
    DocumentQueries(database).register(bus)
    TenancyQueries(database, loops).register(bus)
    WebhookQueries(database).register(bus)
    Exports(database).register(bus)
    Measuring(database).register(bus)
    Overviews(bus, database).register()


def _answer_about_people(
    bus: Bus, database: Database, people: Database, passwords: Passwords, settings: MemorySettings
) -> None:
    """Registers what the gateway may ask about people."""
    attempts, tokens = Attempts(people, passwords, settings), WorkspaceTokens(bus, database, people)
    Accounts(people, passwords, attempts, tokens).register(bus)
    Members(people, passwords, attempts, tokens).register(bus)
    tokens.register(bus)


if __name__ == "__main__":
    uvloop.run(main(MemorySettings()))
