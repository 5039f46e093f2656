"""A shape as JSON schema that every endpoint takes."""

from typing import Any

from pydantic import BaseModel

NOT_EVERYWHERE = {
    "default",
    "title",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
}
"""OpenAI's strict mode, or a grammar of vLLM or Ollama, refuses or ignores these. Pydantic checks them afterwards."""


def strict_schema(shape: type[BaseModel]) -> dict[str, Any]:
    """Every object has exactly its properties, all of them required: what `strict` asks for."""
    schema: dict[str, Any] = _strict(shape.model_json_schema())
    return schema


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}  # which may have no neighbours
    kept = {key: _inside(key, value) for key, value in schema.items() if key not in NOT_EVERYWHERE}
    if kept.get("type") == "object":
        kept |= {"additionalProperties": False, "required": list(kept.get("properties", {}))}
    return kept


def _inside(key: str, value: Any) -> Any:
    """Below these keys are names of the shape's own, one of which may well be "title"."""
    if key in {"properties", "$defs"}:
        return {name: _strict(each) for name, each in value.items()}
    return value if key in {"enum", "const", "required"} else _strict(value)
