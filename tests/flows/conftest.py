"""Clients of the running stack."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.stack import Stack, Workspace


def client_of(workspace: Workspace) -> httpx2.Client:
    return httpx2.Client(base_url=workspace.url, headers=workspace.headers, timeout=15)


@pytest.fixture
def client(workspace: Workspace) -> Iterator[httpx2.Client]:
    """Of an empty workspace, with its key."""
    with client_of(workspace) as opened:
        yield opened


@pytest.fixture(scope="session")
def anyone(stack: Stack) -> Iterator[httpx2.Client]:
    """Of the default workspace, which tests share: they may leave memories in it, and expect none."""
    with client_of(stack.default_workspace()) as opened:
        yield opened


@pytest.fixture(scope="session")
def token(anyone: httpx2.Client) -> str:
    """What `anyone` says in Authorization."""
    return anyone.headers["Authorization"]


@pytest.fixture(scope="session")
def stranger(stack: Stack) -> Iterator[httpx2.Client]:
    """Of another workspace than everyone else's."""
    with client_of(stack.new_workspace()) as opened:
        yield opened


def store(client: httpx2.Client, **fields: Any) -> dict[str, Any]:
    """A memory with these fields, and some for those that it must have."""
    answer = client.post("/api/v1/memories/store", json={"title": "A title", "narrative": "What happened.", **fields})
    assert answer.status_code == 201, answer.text
    memory: dict[str, Any] = answer.json()
    return memory
