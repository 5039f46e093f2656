"""What the memory service is told by its environment."""

from datetime import time
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, TypeAdapter

from services.kit.sealing.masters import SealingSettings

_HOUR = TypeAdapter(Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")])


def _nightly(said: object) -> object:
    if said == "off":
        return None
    return said if isinstance(said, time) else _HOUR.validate_python(said)  # the default comes here, too


class MemorySettings(SealingSettings):
    """Three roles: `postgres_dsn` sees one workspace at a time, `postgres_loops_dsn` (relay, sweepers) sees all of
    them, `postgres_accounts_dsn` sees people, and no content."""

    nats_monitor_url: str | None = None
    """Where NATS says how it syncs (`/jsz`). Without it, that is not checked: where the bus is run by others."""

    postgres_dsn: str
    postgres_loops_dsn: str
    postgres_accounts_dsn: str
    relay_batch_max: int = 500
    relay_poll_s: float = 0.5
    usage_flush_s: float = 30.0
    erase_poll_s: float = 2.0
    session_silence_h: Annotated[float, Field(gt=0)] = 12.0
    """A session of which nothing was heard for so long is ended."""
    sweep_poll_s: float = 60.0
    keys_poll_s: float = 1.0
    nightly_at: Annotated[time | None, BeforeValidator(_nightly)] = time(3)
    """When nightly work is asked for, UTC: "03:00". None ("off"): never, unless an operator asks."""
    maintenance_poll_s: float = 2.0
    purge_commands_s: float = 60.0
    parked_poll_s: float = 5.0
    keep_answers_days: int = 7
    webhooks_poll_s: Annotated[float, Field(gt=0)] = 1.0
    webhooks_timeout_s: Annotated[float, Field(gt=0)] = 15.0
    """A receiver that has not answered by then is tried again."""
    webhooks_allow_private: bool = False
    """Whether webhooks may lead to plain HTTP and to addresses that are not on the public internet."""
    login_failures_account_max: Annotated[int, Field(ge=1)] = 10
    login_failures_address_max: Annotated[int, Field(ge=1)] = 100
    login_failures_window_s: Annotated[float, Field(gt=0)] = 900.0
    """So many wrong passwords for one account, or from one address, since the first of them; then everybody waits."""
