"""What a key can see is exactly what its grants say, through every route, whatever was done before."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.flows.managing import Managed, managing
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.slow

MEMORIES = "/api/v1/memories"
NAMES = ("default", "red", "green", "blue")
EXAMPLES, STEPS = 6, 20

numbers = st.integers(0, 1_000)
permissions = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(("r", "rw", "w")), min_size=1)


@dataclass
class Key:
    """A key as it should be."""

    tenant: "Tenant"
    key_id: str
    secret: str
    may: dict[str, str]
    default: str

    def reads(self) -> set[str]:
        return {name for name, letters in self.may.items() if "r" in letters and self.tenant.is_open(name)}

    def status(self, namespace: str | None) -> int:
        """Of a write to that namespace."""
        name = namespace or self.default
        if not self.tenant.is_open(name):
            return 404
        return 201 if "w" in self.may.get(name, "") else 403


@dataclass
class Tenant:
    """A workspace as it should be: its namespaces (whether they are open), memories and sessions by namespace."""

    managed: Managed
    namespaces: dict[str, bool] = field(default_factory=lambda: {"default": True})
    memories: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)

    def is_open(self, name: str) -> bool:
        return self.namespaces.get(name, False)


class Grants(RuleBasedStateMachine):
    def __init__(self, stack: Stack):
        super().__init__()
        self._ending = ExitStack()
        self.tenants = [Tenant(self._ending.enter_context(managing(stack))) for _ in range(2)]
        self.http = self._ending.enter_context(httpx2.Client(base_url=stack.url, timeout=30))
        self.keys = [
            Key(it, it.managed.first["key_id"], it.managed.first["api_key"], {"default": "rw"}, "default")
            for it in self.tenants
        ]
        self.dead: list[str] = []
        for number, tenant in enumerate(self.tenants):
            tenant.managed.namespace("red")
            tenant.namespaces["red"] = True
            self.a_key_is_made_for(tenant, {"default": "rw", "red": "rw"})
            for name in (None, "red"):
                self.a_memory_is_stored_by(self.keys[-1], name)
                self.a_session_begins_by(self.keys[-1], name)
            self.a_key_is_made_for(tenant, {"red": "r"} if number else {"default": "r", "red": "w"})

    def ask(self, key: Key, method: str, path: str, **sent: Any) -> httpx2.Response:
        return self.http.request(method, path, headers={"Authorization": f"Token {key.secret}"}, **sent)

    @rule(number=numbers, name=st.sampled_from(NAMES[1:]))
    def a_namespace_is_created_archived_or_restored(self, number: int, name: str) -> None:
        tenant = self.tenants[number % 2]
        if name not in tenant.namespaces:
            tenant.managed.namespace(name)
            tenant.namespaces[name] = True
            return
        tenant.namespaces[name] = not tenant.namespaces[name]
        status = "active" if tenant.namespaces[name] else "archived"
        tenant.managed.done("PATCH", f"/v1/namespaces/{tenant.managed.ids()[name]}", json={"status": status})

    @rule(number=numbers, may=permissions)
    def a_key_is_made(self, number: int, may: dict[str, str]) -> None:
        tenant = self.tenants[number % 2]
        if all(map(tenant.is_open, may)):
            self.a_key_is_made_for(tenant, may)

    def a_key_is_made_for(self, tenant: Tenant, may: dict[str, str]) -> None:
        made = tenant.managed.key(sorted(may)[0], **may)
        self.keys.append(Key(tenant, made["key_id"], made["api_key"], may, sorted(may)[0]))

    @precondition(lambda self: self.keys)
    @rule(number=numbers, may=permissions)
    def a_key_gets_other_scopes(self, number: int, may: dict[str, str]) -> None:
        key = self.keys[number % len(self.keys)]
        managed = key.tenant.managed
        if all(map(key.tenant.is_open, may)):
            default = sorted(may)[-1]
            body = {"scopes": managed.scopes(**may), "default_namespace_id": managed.ids()[default]}
            managed.done("PATCH", f"/v1/auth/api-keys/{key.key_id}/scopes", json=body)
            key.may, key.default = may, default

    @precondition(lambda self: self.keys)
    @rule(number=numbers, for_good=st.booleans())
    def a_key_is_rotated_or_revoked(self, number: int, for_good: bool) -> None:
        key = self.keys[number % len(self.keys)]
        path = f"/v1/auth/api-keys/{key.key_id}"
        self.dead.append(key.secret)
        if for_good and len(self.keys) > 2:
            key.tenant.managed.done("DELETE", path)
            self.keys.remove(key)
        else:
            key.secret = key.tenant.managed.done("POST", f"{path}/rotate")["api_key"]

    @rule(number=numbers, name=st.none() | st.sampled_from(NAMES))
    def a_memory_is_stored(self, number: int, name: str | None) -> None:
        self.a_memory_is_stored_by(self.keys[number % len(self.keys)], name)

    def a_memory_is_stored_by(self, key: Key, name: str | None) -> None:
        body = {"title": "Words that all share", "narrative": "They are the same everywhere."}
        answer = self.ask(key, "POST", f"{MEMORIES}/store", json=body | ({} if name is None else {"namespace": name}))
        assert answer.status_code == key.status(name), answer.text
        if answer.status_code == 201:
            assert answer.json()["namespace"] == (name or key.default)
            key.tenant.memories[answer.json()["memory_id"]] = name or key.default

    @rule(number=numbers, name=st.none() | st.sampled_from(NAMES))
    def a_session_begins(self, number: int, name: str | None) -> None:
        self.a_session_begins_by(self.keys[number % len(self.keys)], name)

    def a_session_begins_by(self, key: Key, name: str | None) -> None:
        body = {"project_path": "/p"} | ({} if name is None else {"namespace": name})
        answer = self.ask(key, "POST", "/api/v1/sessions/start", json=body)
        assert answer.status_code == key.status(name), answer.text
        if answer.status_code == 201:
            given = {it["memory_id"] for it in answer.json()["injected_memories"]}
            assert given <= self.of(key, key.tenant.memories)
            key.tenant.sessions[answer.json()["session_id"]] = name or key.default

    def of(self, key: Key, things: dict[str, str]) -> set[str]:
        """Those that the key may read."""
        return {each for each, namespace in things.items() if namespace in key.reads()}

    @rule(number=numbers, name=st.sampled_from(NAMES))
    def somebody_looks(self, number: int, name: str) -> None:
        """Through every route: what is listed is what may be read, and no more is found than that."""
        key = self.keys[number % len(self.keys)]
        mine = self.of(key, key.tenant.memories)
        assert {it["namespace"] for it in self.ask(key, "GET", "/api/v1/jobs").json()} <= key.reads()
        assert self.found(key) <= mine
        assert self.drawn(key) <= mine
        expected = 200 if name in key.reads() else 403 if key.tenant.is_open(name) else 404
        assert self.ask(key, "GET", f"{MEMORIES}/", params={"namespace": name}).status_code == expected
        for tenant in self.tenants:
            for memory_id in list(tenant.memories)[-3:]:
                self.one_is_looked_at(key, memory_id, memory_id in mine)
            for session_id in list(tenant.sessions)[-2:]:
                status = 200 if session_id in self.of(key, key.tenant.sessions) else 404
                assert self.ask(key, "GET", f"/api/v1/sessions/{session_id}").status_code == status

    def one_is_looked_at(self, key: Key, memory_id: str, is_readable: bool) -> None:
        status = 200 if is_readable else 404
        ends = {"source_memory_id": memory_id, "target_memory_id": memory_id}
        for answer in (
            self.ask(key, "GET", f"{MEMORIES}/{memory_id}"),
            self.ask(key, "GET", f"{MEMORIES}/{memory_id}/related"),
            self.ask(key, "GET", "/api/v1/relationships", params={"memory_id": memory_id}),
            self.ask(key, "POST", f"{MEMORIES}/path", json=ends),
        ):
            assert answer.status_code == status, answer.text

    def found(self, key: Key) -> set[str]:
        asked = {"query": "words share", "use_semantic": False, "limit": 200}
        answer = self.ask(key, "POST", f"{MEMORIES}/search", json=asked)
        explored = self.ask(key, "POST", f"{MEMORIES}/explore", json={"query": "words share", "seed_limit": 50})
        assert {it["memory_id"] for it in explored.json()["nodes"]} <= self.of(key, key.tenant.memories)
        return {it["id"] for it in answer.json()["results"]}

    def drawn(self, key: Key) -> set[str]:
        return {it["memory_id"] for it in self.ask(key, "GET", f"{MEMORIES}/graph").json()["nodes"]}

    def shows(self, look: Callable[[Key], set[str]], key: Key) -> bool:
        return look(key) == self.of(key, key.tenant.memories)

    @invariant()
    def lists_are_what_may_be_read(self) -> None:
        for key in self.keys:
            listed = self.ask(key, "GET", f"{MEMORIES}/", params={"limit": 500}).json()
            assert {it["memory_id"] for it in listed} == self.of(key, key.tenant.memories)
            sessions = self.ask(key, "GET", "/api/v1/sessions").json()
            assert {it["session_id"] for it in sessions} == self.of(key, key.tenant.sessions)

    @invariant()
    def dead_secrets_open_nothing(self) -> None:
        for secret in self.dead[-2:]:
            answer = self.http.get("/api/v1/workspace", headers={"Authorization": f"Token {secret}"})
            assert answer.status_code == 401

    def teardown(self) -> None:
        """In the end index and graph show all of it, too."""
        with self._ending:
            for key in self.keys:
                wait_until(partial(self.shows, self.found, key), "the index")
                wait_until(partial(self.shows, self.drawn, key), "the graph")


def test_a_key_sees_exactly_what_its_grants_say(stack: Stack) -> None:
    class OnThisStack(Grants):
        def __init__(self) -> None:
            super().__init__(stack)

    run_state_machine_as_test(
        OnThisStack,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=(Phase.generate,),  # a failure takes long to shrink on a real stack, and has few steps already
        ),
    )
