"""What every service is told by its environment. Read once, in a service's `app`, and passed on."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Variables named `WEFT_...`; a service adds its own."""

    model_config = SettingsConfigDict(env_prefix="WEFT_", frozen=True, extra="ignore")

    nats_url: str
    """With user and password: nats://user:password@host:port."""

    metrics_port: int = 0
    """Where Prometheus may ask, on loopback; 0 for nowhere."""
