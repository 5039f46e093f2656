"""What the gateway is told by its environment."""

from typing import Annotated

from limits import RateLimitItem, parse_many
from pydantic import AfterValidator, Field, SecretStr

from services.kit.settings import ServiceSettings


def read_rates(text: str) -> list[RateLimitItem]:
    """The limits in `text` ("2000/second; 50000/minute"), none where it is empty. Raises ValueError."""
    return parse_many(text) if text.strip() else []


def _is_rates(text: str) -> str:
    read_rates(text)
    return text


Rates = Annotated[str, AfterValidator(_is_rates)]
"""Limits for each key, such as "2000/second; 50000/minute"; empty for none."""


class GatewaySettings(ServiceSettings):
    """`key_pepper` is the server's secret under which keys are hashed; without it no key can be told from another.
    `portal_key` signs access tokens of people: who has it can be anybody."""

    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    key_pepper: SecretStr
    portal_key: Annotated[SecretStr, Field(min_length=32)]
    rate_reads: Rates = "2000/second"
    rate_writes: Rates = "2000/second"
    requests_max: Annotated[int, Field(ge=1)] = 1_000
    """Requests in progress at once; what comes beyond them is told to come again (503)."""
