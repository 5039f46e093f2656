"""Whether an environment is what a service is told by: every WEFT_ name a setting of it, every required one there."""

from pydantic_settings import BaseSettings

from deploy.admin.bus import OperatorSettings
from services.extraction.settings import ExtractionSettings
from services.gateway.settings import GatewaySettings
from services.graph.settings import GraphSettings
from services.memory.settings import MemorySettings
from services.search.settings import SearchSettings

SETTINGS: dict[str, type[BaseSettings]] = {
    "gateway": GatewaySettings,
    "memory": MemorySettings,
    "search": SearchSettings,
    "graph": GraphSettings,
    "extraction": ExtractionSettings,
    "admin": OperatorSettings,
}
NOT_SETTINGS = {"WEFT_HOME", "WEFT_NATS_REPLICAS", "WEFT_POSTGRES_OWNER_DSN"}
"""Read by programs, not by services."""


def unknown(service: str, environment: dict[str, str]) -> set[str]:
    """Names that say nothing to that service."""
    fields = {f"WEFT_{name.upper()}" for name in SETTINGS[service].model_fields}
    return {name for name in environment if name.startswith("WEFT_")} - fields - NOT_SETTINGS


def settings_in(service: str, environment: dict[str, str]) -> BaseSettings:
    """Raises ValidationError where something is missing or wrong."""
    return SETTINGS[service].model_validate(
        {name.removeprefix("WEFT_").lower(): value for name, value in environment.items() if name.startswith("WEFT_")}
    )
