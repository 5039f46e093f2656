"""What may be done to webhooks, and what the audit trail says of it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from contracts.events import WebhookChanged, WebhookCreated, WebhookDeleted, WebhookRotated
from contracts.replies import Refusal
from services.memory.decisions import auditing, webhooks
from services.memory.decisions.outcomes import Decision, Happened
from services.memory.decisions.state import WorkspaceState
from services.memory.decisions.tenancy_state import evolve_tenancy
from tests import examples

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
URL = "https://hooks.example.org/weft?token=t"


def with_webhooks(count: int = 1) -> tuple[WorkspaceState, list[UUID]]:
    state = WorkspaceState(examples.a_workspace_id(), "team")
    ids = [uuid4() for _ in range(count)]
    for each in ids:
        evolve_tenancy(state.tenancy, WebhookCreated(webhook_id=each, url=URL), NOW)
    return state, ids


def changed(state: WorkspaceState, webhook_id: UUID, **fields: Any) -> list[Any]:
    """The events of a change, which the state has then heard of."""
    decision = webhooks.decide(state, examples.change_webhook(state.workspace_id, webhook_id, **fields))
    assert isinstance(decision, Decision)
    for each in decision.happened:
        assert isinstance(each.event, WebhookChanged)
        evolve_tenancy(state.tenancy, each.event, NOW)
    return [each.event for each in decision.happened]


def test_there_are_twenty_at_most_and_none_twice() -> None:
    state, (first, *_) = with_webhooks(webhooks.WEBHOOKS_MAX)
    beyond = webhooks.decide(state, examples.create_webhook(state.workspace_id, URL))
    assert isinstance(beyond, Refusal)
    assert beyond.code == "webhook_limit_reached"
    again = webhooks.decide(state, examples.create_webhook(state.workspace_id, URL, webhook_id=first))
    assert isinstance(again, Refusal)
    assert again.code == "already_exists"
    evolve_tenancy(state.tenancy, WebhookDeleted(webhook_id=first), NOW)
    gone = webhooks.decide(state, examples.rotate_webhook(state.workspace_id, first))
    assert isinstance(gone, Refusal)
    assert gone.code == "unknown_webhook"


def test_a_change_says_what_there_is_then_and_one_that_changes_nothing_says_nothing() -> None:
    state, (webhook_id,) = with_webhooks()
    (event,) = changed(state, webhook_id, types=("weft.memory",))
    assert (event.url, event.types, event.enabled) == (URL, ("weft.memory",), True)
    assert changed(state, webhook_id, types=("weft.memory",), enabled=True) == []


def test_the_reason_stays_until_it_is_enabled_again() -> None:
    state, (webhook_id,) = with_webhooks()
    changed(state, webhook_id, enabled=False, reason="Gone.")
    (event,) = changed(state, webhook_id, description="for people")
    assert (event.enabled, event.reason) == (False, "Gone.")
    (event,) = changed(state, webhook_id, enabled=True)
    assert (event.enabled, event.reason) == (True, None)


def test_the_trail_names_the_host_and_not_the_url() -> None:
    state, (webhook_id,) = with_webhooks()
    moved = WebhookChanged(webhook_id=webhook_id, url="https://other.example.org/?token=u", enabled=False)
    said = auditing.detail(state, Happened(str(webhook_id), moved))
    assert said == {
        "host": {"before": "hooks.example.org", "after": "other.example.org"},
        "enabled": {"before": True, "after": False},
    }
    assert auditing.detail(state, Happened(str(webhook_id), WebhookRotated(webhook_id=webhook_id))) == {}
