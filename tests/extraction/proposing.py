"""What a model may answer about a session, in few words."""

import json
from typing import Any

from tests.model_server import Reply, completion, says

SAID = "We decided to use Redis streams instead of Celery because Celery loses tasks when the broker restarts."


def a_proposal(**fields: Any) -> dict[str, Any]:
    filled = {
        "quotes": [SAID],
        "memory_type": "decision",
        "title": "Use Redis streams instead of Celery",
        "narrative": "Redis streams were chosen over Celery because Celery loses tasks when the broker restarts.",
        "concepts": ["Redis streams", "task queue"],
        "files": [],
        "importance": 0.6,
        "confidence": 0.7,
    }
    return filled | fields


def proposing(*proposals: dict[str, Any], input_tokens: int = 120) -> Reply:
    body = completion(json.dumps({"memories": proposals}))
    body["usage"]["prompt_tokens"] = input_tokens
    return says(body)
