"""Idempotency-Key: the same wish twice is one command."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from starlette.requests import Request

from contracts.base import Grants, derived_id
from services.gateway.api.wire.errors import RETRY_AFTER_S, Problem, invalid

_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)


def key_of(request: Request) -> str | None:
    """The request's Idempotency-Key. Raises Problem (422) where it is not 1 to 255 visible ASCII characters."""
    given = request.headers.getlist("idempotency-key")
    if not given:
        return None
    if len(given) > 1 or not _VISIBLE.fullmatch(given[0]):
        raise invalid(
            ["header", "Idempotency-Key"], "Input should be 1 to 255 visible ASCII characters", "idempotency_key"
        )
    return given[0]


def command_id_of(workspace_id: str, key: str) -> UUID:
    return derived_id("command", workspace_id, key)


def fingerprint(request: Request, body: dict[str, Any], grants: Grants) -> str:
    """SHA-256 over method, path, body, and what the asker may do, 64 hex digits. Neither spaces nor the order of names
    count. Another key of the workspace gets an answer again only where it may do the same."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    parts = (
        request.method,
        request.scope["path"],
        request.scope["query_string"].decode("latin-1"),
        canonical,
        grants.model_dump_json(),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class Running:
    """The keyed commands that this process waits for; memory's inbox sees to those of other processes."""

    def __init__(self) -> None:
        self._command_ids: set[UUID] = set()

    @contextmanager
    def claim(self, command_id: UUID) -> Iterator[None]:
        """Raises Problem (409) while another request holds it."""
        if command_id in self._command_ids:
            detail = "A request with this Idempotency-Key is still running."
            raise Problem(409, detail, headers={"Retry-After": str(RETRY_AFTER_S)})
        self._command_ids.add(command_id)
        try:
            yield
        finally:
            self._command_ids.discard(command_id)
