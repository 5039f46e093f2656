"""Notes as a coding agent would keep them, about 600 characters each, any number of them, no two alike.

The words of a theme come together as in real notes, so that both parts of a search have something to tell apart.
"""

import json
import random
from collections.abc import Iterator
from typing import Any

TYPES = ("decision", "pattern", "convention", "architecture", "discovery", "incident", "general")

# Each theme: things, what is done to them, what goes wrong or well, files.
_THEMES = {
    "database": (
        "connection pool|migration|replica|transaction|index on tenant_id|slow query|vacuum|row lock|read model|backup",
        "resize|shard|wrap|rewrite|move to a read replica|run in batches of 500|guard by a version column|partition",
        "deadlocks under load|statement timeouts|a full table scan|replication lag|bloat|lost updates",
        "store/pool.py|store/migrations/0042.sql|sql/reports.sql|store/locks.py",
    ),
    "webhooks": (
        "delivery queue|signature check|retry schedule|dead letter|endpoint registry|payload cap|delivery receipt",
        "retry with full jitter|sign by HMAC|disable after ten failures|deduplicate by event id|spread over the hour",
        "a thundering herd|duplicate deliveries|clock skew|a customer's 429|timeouts after 30 s|replayed requests",
        "hooks/delivery.py|hooks/signing.py|hooks/retry.py|tests/test_hooks.py",
    ),
    "frontend": (
        "settings page|design tokens|virtual list|form state|error boundary|bundle|route loader|date picker|toast",
        "memoise|split into chunks|move to server components|debounce|test with the keyboard only|lazy-load",
        "layout shift|stale props|a flash of unstyled content|hydration mismatches|focus lost after closing the dialog",
        "web/src/settings.tsx|web/src/list.tsx|web/tokens.css|web/src/forms.ts",
    ),
    "deployment": (
        "rolling update|readiness probe|Helm chart|canary|container image|node pool|secret rotation|cron job|ingress",
        "pin by digest|drain before stopping|set memory limits|roll back|run as non-root|build once and promote",
        "pods killed for memory|connections cut at deploy|an expired certificate|image pulls that time out",
        "deploy/helm/values.yaml|deploy/Dockerfile|.github/workflows/release.yml|deploy/probes.md",
    ),
    "authentication": (
        "refresh token|session cookie|API key|single sign-on|password reset|role check|audit trail|login throttle",
        "hash with a pepper|rotate in one transaction|bind to the device|compare in constant time",
        "tokens in logs|session fixation|an open redirect|role checks on the client|keys that never expire",
        "auth/tokens.py|auth/sessions.py|auth/sso.py|auth/keys.py",
    ),
    "messaging": (
        "durable consumer|event schema|outbox relay|stream retention|ordering key|idempotent handler|poison message",
        "acknowledge after commit|park after six tries|version the payload|fetch in batches|replay from the log",
        "messages lost on restart|double processing|a consumer that lags|schema drift|redelivery storms",
        "bus/relay.py|bus/consumer.py|contracts/events.py|bus/parking.py",
    ),
    "search": (
        "BM25 field|embedding batch|filter index|synonym list|ranking formula|stop words|snippet|reindex job|facet",
        "quantise|rescore the union|cache by content hash|normalise by the best hit|index at low priority|warm up",
        "empty pages after filtering|stale results|scores that differ between pages|slow cold starts|missing stems",
        "search/ranking.py|search/index.py|search/embed.py|search/filters.py",
    ),
    "testing": (
        "golden file|property test|fake clock|flaky test|fixture|contract test|load generator|coverage gate|snapshot",
        "run on a real server|freeze the time|shrink the example|seed the generator|isolate per workspace",
        "order-dependent tests|sleeps in tests|mocks that agree with the bug|a suite of 20 minutes|ports that collide",
        "tests/conftest.py|tests/flows/test_store.py|tests/golden/v1.json|tests/clock.py",
    ),
    "billing": (
        "invoice run|proration|tax rule|usage meter|currency rounding|dunning mail|credit note|plan limit|ledger entry",
        "round half to even|book as double entry|meter by the hour|recompute at midnight|keep amounts in cents",
        "cents lost in rounding|double charges|invoices in the wrong time zone|a plan change in mid-month",
        "billing/ledger.py|billing/invoices.py|billing/meter.py|billing/tax.py",
    ),
    "performance": (
        "event loop|JSON encoder|hot path|allocation rate|lock contention|page cache|worker pool|group commit|GC pause",
        "profile first|batch by arrival|move off the loop|preallocate|cut copies|cap concurrency|measure at p99",
        "blocking calls on the loop|a convoy behind one lock|latency spikes at full minutes|fsync per row",
        "kit/loop.py|kit/pool.py|kit/encode.py|kit/limits.py",
    ),
}
_PEOPLE = "Ada|Björn|Chidi|Daria|Emeka|Farah|Goran|Hana|Ines|Jun|Kofi|Lena|Mateo|Nadia|Oskar|Priya"
_SYSTEMS = "orders|accounts|catalogue|gateway|notifications|reports|ingest|scheduler|mobile API|admin console|importer"


def _split(words: str) -> list[str]:
    return words.split("|")


def memory(seed: int) -> dict[str, Any]:
    """The body of a store request; the same for the same seed."""
    draw = random.Random(seed)
    theme = draw.choice(list(_THEMES))
    things, actions, troubles, files = map(_split, _THEMES[theme])
    one, other = draw.sample(things, 2)
    action, trouble, system, person = (
        draw.choice(each) for each in (actions, troubles, _split(_SYSTEMS), _split(_PEOPLE))
    )
    number, figure = draw.randrange(100, 99_999), draw.randrange(3, 900)
    title = draw.choice(
        (
            f"{one.capitalize()} of {system}: {action}",
            f"Why {system} had {trouble}",
            f"Always {action} the {one} in {system}",
            f"{system.capitalize()}: {one} against {trouble}",
        )
    )
    sentences = [
        f"While working on ticket {number} {person} found {trouble} in {system}, always together with the {one}.",
        f"It showed first at about {figure} requests per second and went away when the {other} was switched off.",
        f"We decided to {action} for the {one}, since the {other} can't be changed before the next release.",
        f"The alternative was to {draw.choice(actions)}, which costs {figure % 40 + 2} ms more on each call.",
        f"Look at {draw.choice(files)} first: the comment there explains why the {one} must stay below {figure}.",
        f"A test reproduces {draw.choice(troubles)} with {figure % 90 + 10} workers; without the change it fails.",
        f"If {trouble} comes back, compare the {other} with the figures of ticket {number} before anything else.",
    ]
    kept = sorted(draw.sample(range(len(sentences)), 6))
    return {
        "title": f"{title} ({number})",
        "narrative": " ".join(sentences[each] for each in kept),
        "memory_type": draw.choice(TYPES),
        "tags": sorted({theme, system, draw.choice(_split(_SYSTEMS))}),
        "concepts": [one, other],
        "source_files": draw.sample(files, 2),
        "importance_score": draw.randrange(10, 96) / 100,
        "confidence_score": draw.randrange(50, 100) / 100,
    }


def question(seed: int) -> str:
    """What somebody might ask of such notes; practically never the same twice, so that no cached vector helps."""
    draw = random.Random(f"question {seed}")
    things, actions, troubles, _ = map(_split, _THEMES[draw.choice(list(_THEMES))])
    one, action, trouble = (draw.choice(each) for each in (things, actions, troubles))
    system, person, figure = draw.choice(_split(_SYSTEMS)), draw.choice(_split(_PEOPLE)), draw.randrange(3, 900)
    return draw.choice(
        (
            f"how did {person} handle {trouble} in {system} at {figure} requests per second",
            f"should we {action} for the {one} of {system} with {figure} workers",
            f"{trouble} and the {one}, seen by {person} about {figure} times",
            f"what limits the {one} in {system} to {figure}",
        )
    )


def bodies(first: int, count: int | None = None) -> Iterator[bytes]:
    """Store requests as they go over the wire, from seed `first` on; without `count` they never end."""
    seed = first
    while count is None or seed < first + count:
        yield json.dumps(memory(seed)).encode()
        seed += 1


def questions(first: int) -> Iterator[bytes]:
    """Search requests for ten results, without end."""
    seed = first
    while True:
        yield json.dumps({"query": question(seed), "limit": 10}).encode()
        seed += 1
