"""What the gateway is told by its environment."""

from typing import Annotated, Self
from urllib.parse import urlsplit
from uuid import UUID

from limits import RateLimitItem, parse_many
from pydantic import AfterValidator, Field, SecretStr, model_validator

from services.kit.settings import ServiceSettings


def read_rates(text: str) -> list[RateLimitItem]:
    """The limits in `text` ("2000/second; 50000/minute"), none where it is empty. Raises ValueError."""
    return parse_many(text) if text.strip() else []


def read_hosts(text: str) -> list[str]:
    """The names in `text`, which are apart by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


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
    oidc_issuer: str | None = None
    """The server that vouches for people besides ourselves: its URL, as it writes it in `iss`.

    HTTPS, or this machine.
    """
    oidc_client_id: str | None = None
    """What must be in `aud`."""
    oidc_organisation: UUID | None = None
    """Whom the server vouches for is a member of this organisation from first sight; without it, nobody is."""
    mcp_hosts: str = "localhost, localhost:*, 127.0.0.1, 127.0.0.1:*, [::1], [::1]:*"
    """What `/mcp` may be called by (the Host header): `name`, `name:port` or `name:*`, apart by commas; `*` for any."""
    requests_max: Annotated[int, Field(ge=1)] = 1_000
    """Requests in progress at once; what comes beyond them is told to come again (503)."""

    webhooks_allow_private: bool = False
    """Whether a webhook may be made that leads to plain HTTP or to an address that is not public. memory, which sends,
    is told the same."""
    streams_max: Annotated[int, Field(ge=1)] = 1_000
    """Server-sent event streams open at once, besides those; beyond them 503."""
    streams_of_a_key_max: Annotated[int, Field(ge=1)] = 100
    """Of these, of one key; beyond them 429."""

    @model_validator(mode="after")
    def _issuer_is_safe_and_whole(self) -> Self:
        if self.oidc_issuer is None:
            return self
        if self.oidc_client_id is None:
            raise ValueError("WEFT_OIDC_ISSUER needs WEFT_OIDC_CLIENT_ID: a token for another program is none for us")
        url = urlsplit(self.oidc_issuer)
        if url.scheme != "https" and url.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("WEFT_OIDC_ISSUER must be an https URL: its keys say who is let in")
        return self
