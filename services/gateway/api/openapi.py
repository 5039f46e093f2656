"""What programs in other languages are generated from: `python -m services.gateway.api.openapi` writes the shapes of
all routes, without texts and examples, to standard output."""

import json
import sys
from contextlib import nullcontext
from typing import Any

from services.gateway.api import application

_TEXTS = {"example", "examples", "description", "summary", "title", "x-ndjson-lines"}
_NAMED = {"properties", "schemas"}
"""Below these, names are those of fields and models, not of JSON Schema."""


def shapes(described: dict[str, Any]) -> str:
    """Of an OpenAPI document, as JSON: paths, parameters, bodies and what a success answers."""
    bare = _without_texts(described)
    for path in bare["paths"].values():
        for operation in path.values():
            operation["responses"] = {code: said for code, said in operation["responses"].items() if code < "300"}
    return json.dumps(bare, indent=1) + "\n"


def _without_texts(node: Any, *, named: bool = False) -> Any:
    if isinstance(node, list):
        return [_without_texts(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {name: value for name, value in node.items() if named or name not in _TEXTS}
    return {name: _without_texts(value, named=name in _NAMED and not named) for name, value in kept.items()}


if __name__ == "__main__":
    sys.stdout.write(shapes(application.build(lambda _: nullcontext(), requests_max=1).openapi()))
