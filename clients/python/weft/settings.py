"""Where Weft is, and who asks."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self, TypedDict
from urllib.parse import urlsplit

from weft.errors import NotConfigured

URL, TOKEN, WORKSPACE = "MEMORIES_API_URL", "MEMORIES_API_TOKEN", "MEMORIES_WORKSPACE_ID"


class Options(TypedDict, total=False):
    """What a client may change and keep its connections. See Settings."""

    token: str | None
    workspace_id: str | None
    portal_token: str | None
    idempotency_key: str | None
    timeout_s: float
    retries_max: int
    wait_s_max: float
    decide_s_max: float


@dataclass(frozen=True, slots=True)
class Settings:
    """`url` is scheme, host and port. `token` is an API key, `portal_token` what `login` gave for management.

    `idempotency_key` stands on every write in place of one that is made for it: for callers who repeat a whole run.
    """

    url: str
    token: str | None = None
    workspace_id: str | None = None
    portal_token: str | None = None
    idempotency_key: str | None = None
    timeout_s: float = 30.0
    retries_max: int = 5
    wait_s_max: float = 30.0
    decide_s_max: float = 60.0

    def __post_init__(self) -> None:
        """Raises NotConfigured for what can't stand in a header."""
        for secret in (self.token, self.workspace_id, self.portal_token, self.idempotency_key):
            if secret is not None and not (secret.isascii() and secret.isprintable()):
                raise NotConfigured("A key, token or id has characters that it can't have.")

    @classmethod
    def find(
        cls,
        url: str | None = None,
        token: str | None = None,
        workspace_id: str | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> Self:
        """What is given, or else the environment says. Raises NotConfigured where no (good) URL is known."""
        found = (url or environment.get(URL) or "").rstrip("/")
        if not found:
            raise NotConfigured(f"No URL is known: {URL} is not set.")
        if not _is_server(found):
            raise NotConfigured(f"{URL} must be http://host:port or https://host:port.")
        known_token = token or environment.get(TOKEN) or None
        return cls(found, known_token, workspace_id or environment.get(WORKSPACE) or None)

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, which no proxy leads to."""
        return urlsplit(self.url).hostname in ("localhost", "127.0.0.1", "::1")


def changed(settings: Settings, options: Options) -> Settings:
    """Raises TypeError for another server: connections lead to one."""
    if "url" in options:
        raise TypeError("a client of another server is another client")
    return replace(settings, **options)


def _is_server(url: str) -> bool:
    """Whether it is scheme, host and port, and nothing else."""
    parts = urlsplit(url)
    try:
        beyond = (parts.port == 0, parts.path, parts.query, parts.fragment, parts.username)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(beyond)
