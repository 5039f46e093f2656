"""Memories of a made-up project, for tests and pictures of the dashboard: lines of an import, with their dates."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

MEMORIES: list[tuple[str, str, str, float, list[str], list[str]]] = [
    (
        "decision",
        "Money is an integer of the smallest unit",
        "All amounts are **integers in the currency's smallest unit**, with the currency beside them.\n\n"
        "- Floats lost a cent in one of 40,000 refunds.\n"
        "- `Decimal` was as exact, and four times as slow in reports.\n\n"
        "```python\nAmount(1_999, 'EUR')  # 19.99 EUR\n```\n\nCurrencies without minor units (JPY) have a factor of 1.",
        0.95,
        ["money", "model"],
        ["app/money.py", "app/ledger/entries.py"],
    ),
    (
        "decision",
        "A refund is a new entry in the ledger, never a change of the old one",
        "The ledger only grows. A refund is an entry of its own that names the one it takes back; so what was known at "
        "any time can be told, and the auditors' export needs no history table.",
        0.9,
        ["ledger", "refunds"],
        ["app/ledger/entries.py", "app/refunds.py"],
    ),
    (
        "incident",
        "Double charges when the card network's answer came late",
        "On a timeout the client tried again **without** the idempotency key of the first attempt. 31 customers were "
        "charged twice within 20 minutes.\n\nSince then the key is made of order and attempt, before anything is sent, "
        "and kept with the order.",
        1.0,
        ["cards", "idempotency"],
        ["app/cards/gateway.py", "app/orders/checkout.py"],
    ),
    (
        "pattern",
        "Webhooks are answered first and handled afterwards",
        "A receiver checks the signature, writes the body to `inbox`, and answers 200. A worker does the rest, so that "
        "a slow mail server can't make the card network send everything again.",
        0.8,
        ["webhooks", "workers"],
        ["app/webhooks/receive.py", "app/workers/inbox.py"],
    ),
    (
        "convention",
        "Tests of time get a clock, nobody calls now()",
        "Every function that needs the time takes `clock: Clock`. `FixedClock` is for tests. A lint rule refuses "
        "`datetime.now` outside `app/clock.py`.",
        0.7,
        ["testing", "time"],
        ["app/clock.py", "tests/conftest.py"],
    ),
    (
        "architecture",
        "Reports read from the replica",
        "Reports and exports use the read replica through `reporting_engine`. It can be up to 30 seconds behind, so "
        "nothing that decides about money may use it.",
        0.75,
        ["database", "reports"],
        ["app/database.py", "app/reports/monthly.py"],
    ),
    (
        "discovery",
        "Postgres plans the ledger's sum badly without extended statistics",
        "`account_id` and `currency` are dependent; the planner took them for independent and chose a nested loop: "
        "9 seconds. After `CREATE STATISTICS` it takes 40 ms.",
        0.65,
        ["database", "performance"],
        ["migrations/0042_statistics.sql"],
    ),
    (
        "general",
        "The staging environment is emptied on Mondays at six",
        "Data there is made anew from fixtures each Monday. Who needs something longer asks for a branch database.",
        0.3,
        ["staging"],
        [],
    ),
    (
        "wiki",
        "Words of the domain",
        "*Capture*: the money is really taken. *Authorisation*: it is only set aside. *Chargeback*: the bank takes it "
        "back. *Settlement*: the network pays out, usually after two days.",
        0.6,
        ["glossary"],
        ["docs/words.md"],
    ),
    (
        "sdlc_knowledge",
        "Releases go out on Tuesdays and Thursdays before noon",
        "The settlement job runs at 14:00. A release that breaks it must have time to be taken back.",
        0.55,
        ["release"],
        ["docs/releasing.md"],
    ),
    (
        "incident",
        "The nightly settlement stopped at a currency nobody had seen",
        "`KWD` has three decimals; `AMOUNT_RE` took two. The job failed as a whole. It now parks the line that "
        "it can't read, and goes on.",
        0.8,
        ["settlement", "money"],
        ["app/settlement/parse.py"],
    ),
    (
        "pattern",
        "Money is compared only within one currency",
        "`Amount.__lt__` raises `CurrencyMismatch`. Sorting by value across currencies goes through "
        "`rates.in_reference(amount, day)`, which says of which day the rate is.",
        0.6,
        ["money", "model"],
        ["app/money.py", "app/rates.py"],
    ),
    (
        "convention",
        "Migrations are forward only, and each is deployable by itself",
        "Add a column, fill it, use it, drop the old one: four releases. A migration never locks a table for more than "
        "a second.",
        0.7,
        ["database", "release"],
        ["migrations/README.md"],
    ),
    (
        "discovery",
        "The card network's sandbox answers out of order under load",
        "Above five requests a second the sandbox mixes up answers of the same merchant. Production doesn't. Contract "
        "tests therefore run one after another.",
        0.5,
        ["cards", "testing"],
        ["tests/contract/test_cards.py"],
    ),
    (
        "architecture",
        "Checkout talks to cards through a port",
        "`app/orders` knows only `PaymentPort`. Two adapters: the card network and invoices. A third (wallets) is "
        "planned; nothing in orders should change for it.",
        0.75,
        ["architecture", "cards"],
        ["app/orders/ports.py", "app/cards/gateway.py"],
    ),
    (
        "decision",
        "Rates come from the central bank, once a day",
        "A free feed with one rate a day is enough for what we show; what we charge comes from the card network. "
        "Paid feeds were dropped for now.",
        0.5,
        ["rates"],
        ["app/rates.py"],
    ),
]


def lines(days: int = 60, now: datetime | None = None) -> bytes:
    """The memories, spread over so many days up to now, as NDJSON for `POST /api/v1/import`."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in _lines(days, now or datetime.now(UTC)))


def id_of(at: int) -> str:
    """Of the memory at that place in MEMORIES."""
    return f"mem-seeded{at:010d}"


def many(count: int) -> bytes:
    """So many memories, different from each other, as NDJSON."""
    kinds = [(kind, title, text) for kind, title, text, *_ in MEMORIES]
    return b"".join(
        json.dumps(
            {
                "kind": "memory",
                "memory_id": f"mem-{at:016d}",
                "memory_type": kinds[at % len(kinds)][0],
                "title": f"{kinds[at % len(kinds)][1]} ({at})",
                "narrative": kinds[at % len(kinds)][2],
                "importance_score": at % 100 / 100,
            }
        ).encode()
        + b"\n"
        for at in range(count)
    )


def _lines(days: int, now: datetime) -> Iterator[dict[str, Any]]:
    for at, (kind, title, narrative, importance, tags, files) in enumerate(MEMORIES):
        age = timedelta(days=days * (len(MEMORIES) - at) / len(MEMORIES) * (0.3 + 0.7 * (at % 3) / 2))
        yield {
            "kind": "memory",
            "memory_id": id_of(at),
            "memory_type": kind,
            "title": title,
            "narrative": narrative,
            "importance_score": importance,
            "confidence_score": 0.8,
            "tags": tags,
            "concepts": tags[:1],
            "source_files": files,
            "created_at": (now - age).isoformat(),
            "access_count": at * 3 % 17,
            "retrieval_count": at * 7 % 41,
        }
