"""Decisions about a workspace itself, its namespaces and its keys are pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.base import Grants, namespace_id, now
from contracts.commands import AnyCommand
from contracts.events import KeyIssued, KeyRotated, KeyScoped, NamespaceChanged, PlanSwitched, WorkspaceRenamed
from contracts.replies import Refusal
from services.memory.decisions.batch import decide_all
from services.memory.decisions.memories import decide
from services.memory.decisions.state import WorkspaceState
from services.memory.decisions.tenancy_state import KeyState
from tests import examples

WS = examples.a_workspace_id()


def done(state: WorkspaceState, *commands: AnyCommand) -> list[Any]:
    """What happened, event by event; all of it must."""
    batch = decide_all(state, commands, {}, now(), iter(uuid4, None))
    refused = [it for it, settled in zip(batch.answers, batch.settled, strict=True) if settled.status != "committed"]
    assert not refused, refused
    return [each.event for each in batch.recorded]


def refused(state: WorkspaceState, command: AnyCommand) -> str:
    found = decide(state, command, now())
    assert isinstance(found, Refusal), found
    return found.code


def opened(plan: str = "team", namespaces: Sequence[str] = ("research", "shared")) -> WorkspaceState:
    state = WorkspaceState(WS, None)
    done(state, examples.open_workspace(WS), *(examples.create_namespace(WS, each) for each in namespaces))
    done(state, examples.change_workspace(WS, plan=plan))
    return state


def first_key(state: WorkspaceState) -> UUID:
    return UUID(next(iter(state.tenancy.keys)))


def grants(state: WorkspaceState, key_id: UUID) -> Grants:
    found = state.tenancy.key(key_id)
    assert found is not None
    return found.grants


def test_a_key_without_scopes_has_its_default_namespace_and_no_other() -> None:
    state = opened()
    plain, named = examples.issue_key(WS), examples.issue_key(WS, default_namespace_id=namespace_id(WS, "research"))
    done(state, plain, named)
    assert grants(state, plain.key_id) == Grants(read=("default",), write=("default",), default="default")
    assert grants(state, named.key_id) == Grants(read=("research",), write=("research",), default="research")


@pytest.mark.parametrize(
    ("scopes", "default", "expected"),
    [
        ({"research": "rw", "shared": "r"}, "research", "research"),
        ({"research": "rw", "shared": "r"}, "shared", "shared"),
        ({"research": "rw", "shared": "r"}, None, "research"),
        ({"default": "r", "shared": "rw"}, None, "shared"),
        ({"shared": "r"}, None, "shared"),
        ({"shared": "w"}, None, "shared"),
    ],
)
def test_a_key_has_what_its_scopes_say(scopes: dict[str, str], default: str | None, expected: str) -> None:
    state = opened()
    order = examples.issue_key(
        WS,
        scopes=examples.scopes(WS, **scopes),
        default_namespace_id=None if default is None else namespace_id(WS, default),
    )
    done(state, order)
    found = grants(state, order.key_id)
    assert found.read == tuple(sorted(key for key, letters in scopes.items() if "r" in letters))
    assert found.write == tuple(sorted(key for key, letters in scopes.items() if "w" in letters))
    assert found.default == expected


@pytest.mark.parametrize("namespace", ["unknown", "old"])
def test_nothing_can_be_granted_that_is_unknown_or_archived(namespace: str) -> None:
    state = opened(namespaces=("old",))
    done(state, examples.change_namespace(WS, "old", status="archived"))
    scopes = examples.scopes(WS, default="rw", **{namespace: "r"})
    assert refused(state, examples.issue_key(WS, scopes=scopes)) == "unknown_namespace"
    assert refused(state, examples.change_scopes(WS, first_key(state), scopes=scopes)) == "unknown_namespace"
    named = examples.issue_key(WS, default_namespace_id=namespace_id(WS, namespace))
    assert refused(state, named) == "unknown_namespace"


def test_a_default_namespace_must_be_granted() -> None:
    state = opened()
    research = namespace_id(WS, "research")
    assert refused(state, examples.change_scopes(WS, first_key(state), default_namespace_id=research)) == (
        "default_not_granted"
    )
    scopes = examples.scopes(WS, shared="rw")
    assert refused(state, examples.issue_key(WS, scopes=scopes, default_namespace_id=research)) == "default_not_granted"


def test_scopes_that_change_nothing_are_no_event() -> None:
    state = opened()
    key_id = first_key(state)
    (event,) = done(state, examples.change_scopes(WS, key_id, scopes=examples.scopes(WS, default="rw", research="r")))
    assert isinstance(event, KeyScoped)
    assert event.grants == Grants(read=("default", "research"), write=("default",), default="default")
    assert done(state, examples.change_scopes(WS, key_id, scopes=examples.scopes(WS, research="r", default="rw"))) == []


@pytest.mark.parametrize(("plan", "keys"), [("free", 1), ("pro", 3)])
def test_a_plan_has_so_many_live_keys(plan: str, keys: int) -> None:
    state = opened(plan)
    done(state, *(examples.issue_key(WS) for _ in range(keys - 1)))
    assert refused(state, examples.issue_key(WS)) == "key_limit_reached"
    done(state, examples.rotate_key(WS, first_key(state)))
    assert refused(state, examples.issue_key(WS)) == "key_limit_reached"
    done(state, examples.revoke_key(WS, first_key(state)), examples.issue_key(WS))


def test_a_key_that_has_expired_counts_no_more() -> None:
    state = opened("free")
    key_id = str(first_key(state))
    state.tenancy.keys[key_id] = replace(state.tenancy.keys[key_id], expires_at=now() - timedelta(seconds=1))
    done(state, examples.issue_key(WS))


def test_a_smaller_plan_takes_nothing_away_and_lets_nothing_more_in() -> None:
    state = opened()
    done(state, *(examples.issue_key(WS) for _ in range(4)))
    state.memory_count = 600
    (event,) = done(state, examples.change_workspace(WS, plan="free"))
    assert event == PlanSwitched(plan="free", previous="team")
    assert refused(state, examples.store(WS)) == "memory_limit_reached"
    assert refused(state, examples.issue_key(WS)) == "key_limit_reached"
    assert len(state.tenancy.keys) == 5
    assert done(state, examples.change_workspace(WS, plan="free")) == []
    renamed, switched = done(state, examples.change_workspace(WS, name="Payments", plan="team"))
    assert (type(renamed), type(switched)) == (WorkspaceRenamed, PlanSwitched)


def test_a_rotated_key_has_another_secret_and_nothing_else_changed() -> None:
    state = opened()
    key_id = first_key(state)
    before = state.tenancy.keys[str(key_id)]
    order = examples.rotate_key(WS, key_id)
    (event,) = done(state, order)
    assert event == KeyRotated(
        key_id=key_id,
        public_id=order.public_id,
        secret_hash=order.secret_hash,
        previous_public_id=before.public_id,
    )
    after = state.tenancy.keys[str(key_id)]
    assert (after.public_id, after.secret_hash) == (order.public_id, order.secret_hash)
    assert (after.grants, after.name, after.created_at) == (before.grants, before.name, before.created_at)


def test_a_secret_that_a_key_had_before_never_comes_back() -> None:
    state = opened()
    first = state.tenancy.keys[str(first_key(state))].public_id
    order = examples.rotate_key(WS, first_key(state))
    done(state, order)
    for public_id in (first, order.public_id):
        assert refused(state, examples.rotate_key(WS, first_key(state), public_id=public_id)) == "already_exists"


def test_a_revoked_key_is_as_unknown_as_one_that_never_was() -> None:
    state = opened()
    done(state, examples.revoke_key(WS, first_key(state)))
    for key_id in (first_key(state), uuid4()):
        orders: list[AnyCommand] = [
            examples.rename_key(WS, key_id, "x"),
            examples.rotate_key(WS, key_id),
            examples.revoke_key(WS, key_id),
            examples.change_scopes(WS, key_id, scopes=examples.scopes(WS, default="r")),
        ]
        assert {refused(state, order) for order in orders} == {"unknown_key"}


def test_a_key_is_not_issued_twice() -> None:
    state = opened()
    order = examples.issue_key(WS)
    done(state, order)
    assert refused(state, examples.issue_key(WS, key_id=order.key_id)) == "already_exists"


def test_a_namespace_is_created_once_and_keeps_its_key() -> None:
    state = opened()
    assert refused(state, examples.create_namespace(WS, "research")) == "namespace_exists"
    assert refused(state, examples.create_namespace(WS, "default")) == "namespace_exists"
    done(state, examples.change_namespace(WS, "research", status="archived"))
    assert refused(state, examples.create_namespace(WS, "research")) == "namespace_exists"
    assert refused(state, examples.change_namespace(WS, "unknown", name="X")) == "unknown_namespace"


def test_the_default_namespace_can_be_renamed_and_not_archived() -> None:
    state = opened()
    (event,) = done(state, examples.change_namespace(WS, "default", name="Everything"))
    assert isinstance(event, NamespaceChanged)
    assert (event.namespace, event.name, event.status) == ("default", "Everything", "active")
    assert refused(state, examples.change_namespace(WS, "default", status="archived")) == "default_namespace"


def test_what_is_in_an_archived_namespace_is_neither_read_nor_written_until_it_is_restored() -> None:
    state = opened()
    all_of = Grants(read=("default", "research"), write=("default", "research"), default="default")
    stored = examples.store(WS, namespace="research", grants=all_of)
    session = examples.start_session(WS, namespace="research", grants=all_of)
    done(state, stored, session, examples.change_namespace(WS, "research", status="archived"))
    forbidden: dict[str, list[AnyCommand]] = {
        "unknown_memory": [
            examples.revise(WS, stored.memory_id, {"title": "New"}, grants=all_of),
            examples.delete(WS, stored.memory_id, grants=all_of),
            examples.access(WS, stored.memory_id, grants=all_of),
            examples.rate(WS, stored.memory_id, True, grants=all_of),
        ],
        "unknown_namespace": [
            examples.store(WS, namespace="research", grants=all_of),
            examples.start_session(WS, namespace="research", grants=all_of),
            examples.start_maintenance(WS, namespace="research", grants=all_of),
        ],
        "unknown_session": [
            examples.observe(WS, session.session_id, grants=all_of),
            examples.end_session(WS, session.session_id, grants=all_of),
        ],
    }
    for code, commands in forbidden.items():
        assert {refused(state, command) for command in commands} == {code}
    assert done(state, examples.delete_batch(WS, stored.memory_id, grants=all_of)) == []
    done(state, examples.change_namespace(WS, "research", status="active"))
    done(state, examples.revise(WS, stored.memory_id, {"title": "New"}, grants=all_of))


def test_versions_count_each_stream() -> None:
    state = opened()
    key_id = first_key(state)
    orders: list[AnyCommand] = [
        examples.rename_key(WS, key_id, "one"),
        examples.change_namespace(WS, "default", name="A"),
        examples.rotate_key(WS, key_id),
        examples.change_workspace(WS, name="New"),
        examples.change_namespace(WS, "default", name="B"),
    ]
    batch = decide_all(state, orders, {}, now(), iter(uuid4, None))
    assert [each.version for each in batch.recorded] == [2, 1, 3, 2, 2]


def test_a_key_of_the_log_is_the_key_of_the_state() -> None:
    state = opened()
    order = examples.issue_key(WS, expires_at=now() + timedelta(days=1))
    (event,) = done(state, order)
    assert isinstance(event, KeyIssued)
    found = state.tenancy.keys[str(order.key_id)]
    assert isinstance(found, KeyState)
    assert (found.name, found.expires_at, found.public_id) == (order.name, order.expires_at, order.public_id)
    assert found.is_live(now())
    assert not found.is_live(now() + timedelta(days=2))
