"""EVENTS as an AsyncAPI 3.0 document: a channel for each kind of event, a message for each version of one. Pure.

What it says of the events comes from their classes; what it says of the stream, from the topology; its examples are the
golden files.
"""

import re
from collections.abc import Mapping
from inspect import getdoc
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from contracts.events import EVENTS, CloudEvent, EventData, EventErased
from contracts.subjects import EVENTS_STREAM

Json = dict[str, Any]

DESCRIPTION = """\
What happens in Weft, for programs that subscribe: CloudEvents 1.0 in structured JSON on a NATS JetStream stream.

Delivery is at least once. Keep what you know by `workspace`, entity (the second word of `type`) and `subject` with its
`version`, and drop what is not newer. Ignore fields that you do not know. docs/events.md has the catalogue, how to get
access, and what is promised."""

LICENSE = {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}

SERVER: Json = {
    "host": "{host}:{port}",
    "protocol": "nats",
    "description": "As in the URL that `weft-admin subscriber add` prints",
    "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "4222"}},
    "security": [{"$ref": "#/components/securitySchemes/subscriber"}],
}

PARAMETERS: Json = {
    "workspace": {"description": "The workspace's id", "examples": ["ws-abcdefghijkl"]},
    "id": {"description": "The subject's id where it is [a-z0-9-]+, else a uuid5 of it in 32 hex digits"},
    "entity": {"description": "What the erased event was about: the second word of its type"},
}


def document(version: str, stream: Mapping[str, Any], reader: Mapping[str, Any], examples: Mapping[str, Json]) -> Json:
    """`stream`, `reader`: the limits of the stream and of a subscriber's reader. `examples`: an event by type."""
    references, definitions = _schemas()
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Weft: events", "version": version, "description": DESCRIPTION, "license": LICENSE},
        "defaultContentType": "application/cloudevents+json",
        "servers": {"nats": SERVER},
        "x-jetstream": {
            "stream": EVENTS_STREAM,
            "retention": dict(stream),
            "delivery": "at least once",
            "consumer": {"durable": "sub-{name}", "kind": "pull", "ack_policy": "explicit", **reader},
        },
        "channels": {_kind(kind): _channel(kind) for kind in EVENTS},
        "operations": {_kind(kind): _operation(kind) for kind in EVENTS},
        "components": {
            "messages": {kind: _message(kind, references[kind], examples[kind]) for kind in EVENTS},
            "schemas": {"CloudEvent": envelope(), **definitions},
            "securitySchemes": {
                "subscriber": {"type": "userPassword", "description": "As `weft-admin subscriber add` prints them"}
            },
        },
    }


def envelope() -> Json:
    """The schema of every event but for its `data`."""
    schema = CloudEvent.model_json_schema()
    fields = {name: field for name, field in schema["properties"].items() if name != "data"}
    return {
        "title": "CloudEvent",
        "description": schema["description"],
        "type": "object",
        "properties": fields,
        "required": [name for name in schema["required"] if name != "data"],
    }


def address(kind: str) -> str:
    """The subject of that type's events, with its variables in braces."""
    event = EVENTS[kind]
    entity = "{entity}" if event is EventErased else event.entity
    return f"events.{{workspace}}.{entity}.{{id}}.{event.verb}"


def first_sentence(event: type[EventData]) -> str:
    return " ".join((event.__doc__ or "").split()).split(". ")[0].rstrip(".") + "."


def _kind(event_type: str) -> str:
    """`memory.stored` of `weft.memory.stored.v1`."""
    return event_type.removeprefix("weft.").rsplit(".", maxsplit=1)[0]


def _channel(kind: str) -> Json:
    where = address(kind)
    return {
        "address": where,
        "description": getdoc(EVENTS[kind]),
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
        "parameters": {name: PARAMETERS[name] for name in re.findall(r"\{(\w+)\}", where)},
        "servers": [{"$ref": "#/servers/nats"}],
    }


def _operation(kind: str) -> Json:
    channel = f"#/channels/{_kind(kind)}"
    return {
        "action": "send",
        "summary": first_sentence(EVENTS[kind]),
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{kind}"}],
    }


def _message(kind: str, data: Json, example: Json) -> Json:
    return {
        "name": kind,
        "title": re.sub(r"(?<=[a-z])(?=[A-Z])", " ", EVENTS[kind].__name__),
        "summary": first_sentence(EVENTS[kind]),
        "contentType": "application/cloudevents+json",
        "correlationId": {"location": "$message.payload#/correlationid"},
        "tags": [{"name": EVENTS[kind].entity}],
        "headers": {
            "type": "object",
            "properties": {"Nats-Msg-Id": {"type": "string", "format": "uuid", "description": "The event's `id`"}},
        },
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {"type": "object", "properties": {"type": {"const": kind}, "data": data}, "required": ["type", "data"]},
            ]
        },
        "examples": [{"name": kind, "payload": example}],
    }


def _schemas() -> tuple[Json, Json]:
    """Of each type a reference to the schema of its data, and all schemas that are referred to."""
    kinds: list[tuple[type[BaseModel], Literal["validation"]]] = [(event, "validation") for event in EVENTS.values()]
    found, together = models_json_schema(kinds, ref_template="#/components/schemas/{model}")
    return {kind: found[event, "validation"] for kind, event in EVENTS.items()}, together["$defs"]
