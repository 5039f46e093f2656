"""What NetworkPolicies let through between pods of one namespace, by Kubernetes' rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.deploy.rendering import Manifest


@dataclass(frozen=True)
class Pod:
    name: str
    labels: dict[str, str]
    ports: dict[str, int] = field(default_factory=dict)
    """Named ones."""


def allows(policies: Sequence[Manifest], caller: Pod, called: Pod, port: int) -> bool:
    """Both must agree: the caller's policies to its going out, the called one's to its coming in."""
    return _permits(policies, "Egress", caller, called, called, port) and _permits(
        policies, "Ingress", called, caller, called, port
    )


def _permits(policies: Sequence[Manifest], way: str, of: Pod, peer: Pod, called: Pod, port: int) -> bool:
    specs = [each["spec"] for each in policies]
    mine = [spec for spec in specs if way in spec["policyTypes"] and selects(spec["podSelector"], of.labels)]
    rules = [rule for spec in mine for rule in spec.get(way.lower()) or []]
    peers = "to" if way == "Egress" else "from"
    return not mine or any(_has_port(rule, called, port) and _has_peer(rule.get(peers), peer) for rule in rules)


def _has_port(rule: Manifest, called: Pod, port: int) -> bool:
    named = [each["port"] for each in rule.get("ports", []) if each.get("protocol", "TCP") == "TCP"]
    return not named or port in [called.ports.get(each) if isinstance(each, str) else each for each in named]


def _has_peer(peers: list[Manifest] | None, peer: Pod) -> bool:
    """`ipBlock` is for what is outside, and a `namespaceSelector` for another namespace."""
    return not peers or any(
        "podSelector" in each and "namespaceSelector" not in each and selects(each["podSelector"], peer.labels)
        for each in peers
    )


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    wanted: dict[str, str] = selector.get("matchLabels", {})
    listed = selector.get("matchExpressions", [])
    assert all(each["operator"] == "In" for each in listed)
    return wanted.items() <= labels.items() and all(labels.get(each["key"]) in each["values"] for each in listed)
