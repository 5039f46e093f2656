"""Which type a statement is, by nearness to examples of each: it decides where the cues leave two types close to each
other, and holds back what is nearer to chatter than to any type.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.extraction.distil.cues import ORDER
from services.extraction.distil.sessions import LearntType, Nearness

NEARNESS_WEIGHT = 3.0
NEIGHBOURS = 3


@dataclass(frozen=True, slots=True)
class Examples:
    """Vectors of statements whose types are known, and of chatter."""

    kinds: tuple[str, ...]
    vectors: NDArray[np.floating[Any]]


def examples(nearness: Nearness) -> Examples:
    texts = [(kind, text) for kind, several in EXAMPLES.items() for text in several]
    return Examples(tuple(kind for kind, _ in texts), nearness([text for _, text in texts]))


def near_weights(vector: NDArray[np.floating[Any]], known: Examples) -> tuple[dict[LearntType, float], float]:
    """What nearness adds to each type's weight, and by how much the text is nearer to chatter than to any type."""
    cosines = known.vectors @ vector
    means = {}
    for kind in dict.fromkeys(known.kinds):
        own = np.sort(cosines[[it == kind for it in known.kinds]])[::-1][:NEIGHBOURS]
        means[kind] = float(own.mean())
    chatter = means.pop(CHATTER)
    low = min(means.values())
    added: dict[LearntType, float] = {kind: NEARNESS_WEIGHT * (means[kind] - low) for kind in ORDER}
    return added, chatter - max(means.values())


CHATTER = "chatter"
EXAMPLES: Mapping[str, Sequence[str]] = {
    "decision": (
        "We decided to use PostgreSQL instead of MongoDB because we need transactions.",
        "Chose server-side rendering over a single page app, since search engines matter most.",
        "We went with a queue rather than cron, so that a failed job is retried.",
        "Settled on protobuf in favour of JSON as messages get smaller.",
        "We keep the old endpoint for now, because two clients still depend on it.",
        "Switched the build from webpack to esbuild, which is ten times faster.",
    ),
    "incident": (
        "The login failed because the token's clock skew was not allowed for; fixed by a leeway of 30 seconds.",
        "Root cause of the outage: the migration locked the users table for ten minutes.",
        "Memory leak in the worker was caused by a cache without a limit. Added one.",
        "The upload crashed with a NullPointerException when the file had no name; added a check.",
        "The report showed wrong totals since rows were counted twice after the join.",
        "Requests timed out because the connection pool was exhausted, raised its size.",
    ),
    "convention": (
        "Always use absolute imports, never relative ones.",
        "Every endpoint must have a test for the unauthorised case.",
        "Don't log personal data.",
        "All timestamps are stored in UTC.",
        "Commit messages start with a verb in the imperative.",
        "From now on no pull request is merged without a review.",
    ),
    "discovery": (
        "It turns out that the driver ignores the timeout when a proxy is set.",
        "Gotcha: the test client does not run startup events unless used as a context manager.",
        "Note that sorting is not stable across pages if two rows have the same key.",
        "The API returns 200 with an empty body when the quota is exceeded.",
        "Surprisingly, the library caches DNS answers for ever.",
        "Environment variables are only read at import time, so later changes have no effect.",
    ),
    "pattern": (
        "When a handler needs the current user, we inject it with a dependency.",
        "Whenever we call an external API, we wrap it in a retry with exponential backoff and a circuit breaker.",
        "Background jobs take ids and load the entity inside the job.",
        "We use a factory for test data and override only the fields that matter.",
        "Long lists are rendered with virtual scrolling, as in the inbox and the log view.",
        "For optional features we follow the same approach: a flag in the settings and a guard in the router.",
    ),
    "architecture": (
        "The API gateway forwards requests to the order service, which publishes events to Kafka.",
        "The domain layer does not depend on the web layer; adapters implement its interfaces.",
        "The frontend talks to the backend over GraphQL, and only the backend reaches the database.",
        "The scheduler puts jobs in Redis, workers take them and write the results to S3.",
        "The module auth owns sessions and tokens; other modules ask it through its interface.",
        "The system consists of three services which share nothing but the message bus.",
    ),
    CHATTER: (
        "I will run the tests now and see whether they pass.",
        "All tests pass and everything has been committed.",
        "Let me look at the file to understand what it does.",
        "The build is finished, the changes are pushed.",
        "I have updated the file as you asked.",
        "Can you tell me more about what you would like to have?",
        "The command printed a list of files.",
        "Thanks, that looks good to me.",
    ),
}
