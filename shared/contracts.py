"""Contracts as files: one stored example per event type, and the AsyncAPI 3 document, both from the registry."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from shared.events import PUBLISHERS, REGISTRY, Event

_AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_ID = UUID("01930000-0000-7000-8000-000000000001")


def write_contracts(folder: Path) -> list[str]:
    """Write the AsyncAPI document and the missing examples; the names of the files written.

    A stored example is never overwritten: it is what an older publisher sent, and must keep parsing.
    """
    examples = folder / "examples"
    examples.mkdir(parents=True, exist_ok=True)
    files = []
    for event in REGISTRY.values():
        file = examples / f"{event.type}.json"
        if not file.exists():
            file.write_text(json.dumps(example_of(event), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            files.append(str(file))
    document = folder / "asyncapi.json"
    document.write_text(asyncapi_text(), encoding="utf-8")
    return [*files, str(document)]


def asyncapi_text() -> str:
    """The AsyncAPI document as it is stored."""
    return json.dumps(asyncapi(), indent=2, ensure_ascii=False) + "\n"


def example_of(event: type[Event]) -> dict[str, object]:
    """A valid example made from the field types."""
    example = event.model_validate(_example_fields(event))
    content: dict[str, object] = example.model_dump(mode="json")
    return content


def asyncapi() -> dict[str, object]:
    """AsyncAPI 3: a channel per topic, a message per event type, CloudEvents binary headers."""
    topics = sorted({event.topic for event in REGISTRY.values()})
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Innbyggerpanel events", "version": "1", "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/json",
        "channels": {
            topic: {
                "address": f"{{prefix}}.{topic}",
                "parameters": {"prefix": {"default": "panel"}},
                "messages": {
                    event.type: {"$ref": f"#/components/messages/{event.type}"}
                    for event in REGISTRY.values()
                    if event.topic == topic
                },
            }
            for topic in topics
        },
        "operations": {
            f"{publisher}.sends.{topic}": {"action": "send", "channel": {"$ref": f"#/channels/{topic}"}}
            for publisher, events in PUBLISHERS.items()
            for topic in sorted({event.topic for event in events})
        },
        "components": {
            "messages": {event.type: _message(event) for event in REGISTRY.values()},
            "schemas": {"cloudEventHeaders": _HEADERS},
        },
    }


_HEADERS = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "format": "uuid"},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string", "description": "urn:innbyggerpanel:<municipality number>:<service>"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {"type": "string", "format": "uuid", "description": "also the record's key"},
        "ce_sequence": {"type": "string", "pattern": "^[0-9]+$"},
        "ce_replay": {"const": "true", "description": "current state sent again"},
        "traceparent": {"type": "string"},
    },
}


def _message(event: type[Event]) -> dict[str, object]:
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip().split("\n")[0],
        "headers": {"$ref": "#/components/schemas/cloudEventHeaders"},
        "payload": event.model_json_schema(
            ref_template="#/components/messages/" + event.type + "/payload/$defs/{model}"
        ),
    }


def _example_fields(model: type[BaseModel]) -> dict[str, object]:
    return {name: _example_value(name, field) for name, field in model.model_fields.items()}


def _example_value(name: str, field: FieldInfo) -> Any:
    if field.examples:
        return field.examples[0]
    if not field.is_required():
        return field.get_default(call_default_factory=True)
    return _of_type(name, field.annotation)


_TEXTS = {
    "gender": "female",
    "status": "active",
    "language": "nb",
    "role": "start",
    "done_on": "2026-11-23",
    "email": "kari@example.org",
    "name": "Kari Eksempel",
    "area": "vest",
}


def _of_type(name: str, kind: Any) -> Any:
    if get_origin(kind) is tuple:
        return [_of_type(name, get_args(kind)[0])]
    if get_origin(kind) is dict:
        return {"nb": "Eksempel"} if get_args(kind) == (str, str) else {"id": "example"}
    options = [option for option in get_args(kind) if option is not type(None)]
    if options and get_origin(kind) is not None:
        return _of_type(name, options[0])
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _example_fields(kind)
    simple: dict[Any, Any] = {
        UUID: str(_ID),
        AwareDatetime: _AT.isoformat(),
        int: 200,
        float: 0.5,
        bool: True,
        str: _TEXTS.get(name, "example"),
    }
    if kind not in simple:
        raise TypeError(f"no example is known for {name}: {kind}")
    return simple[kind]
