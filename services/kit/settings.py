"""What every service is told by its environment. Read once, in a service's `app`, and passed on."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Variables named `WEFT_...`; a service adds its own."""

    model_config = SettingsConfigDict(env_prefix="WEFT_", frozen=True, extra="ignore")

    nats_url: str
    """With user and password: nats://user:password@host:port."""

    metrics_port: int = 0
    """Of the service's own port for whoever runs it (`/metrics`, `/healthz`, `/readyz`); 0 for none."""
    metrics_host: str = "127.0.0.1"
    """The address that it listens at."""
    ready_lag_s: float = 900.0
    """Where a projection is further behind, the service says that it is not ready. (What can't be handled takes
    756 s to be set aside.)"""
