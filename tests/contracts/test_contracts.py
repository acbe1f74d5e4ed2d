"""Contracts are files: examples keep parsing, the AsyncAPI document is current, ordinary topics carry no person."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from shared.cli import load_service
from shared.contracts import asyncapi_text
from shared.events import PUBLISHERS, REGISTRY, RESTRICTED_TOPICS, Event
from shared.events.base import TYPE_PATTERN
from shared.events.questionnaire import KINDS, Part, Questionnaire, UnknownQuestion, example, strict
from shared.messaging.topics import read_topics
from shared.services import SERVICES
from tests.questionnaires import HOLOGRAM, newer

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "contracts"
SERVICE_FOLDER = ROOT / "services"
#: Field names that would hold a person or written text.
PERSONAL = re.compile(r"(^|_)(name|address|email|e_mail|phone|text|comment|message|title|body|note)$")


@pytest.mark.parametrize("event", REGISTRY.values(), ids=lambda event: event.type)
def test_each_stored_example_still_parses_and_says_the_same(event: type[Event]) -> None:
    sample = json.loads((FOLDER / "examples" / f"{event.type}.json").read_text(encoding="utf-8"))
    content = event.model_validate(sample).model_dump(mode="json")
    assert {key: content[key] for key in sample} == sample


def test_every_event_that_is_written_is_registered() -> None:
    """Only what `EVENTS` names has an example, stands in the document and is known to those who listen."""
    classes = [Event]
    for event in classes:
        classes += event.__subclasses__()
    events = {event for event in classes if hasattr(event, "type") and event.__module__.startswith("shared.events.")}
    assert events == set(REGISTRY.values()), "add it to `EVENTS` in its module"


@pytest.mark.parametrize("event", REGISTRY.values(), ids=lambda event: event.type)
def test_every_event_is_published_somewhere(event: type[Event]) -> None:
    files = (SERVICE_FOLDER / event.source_service()).rglob("*.py")
    construction = re.compile(rf"\b{event.__name__}\b")
    assert any(construction.search(file.read_text(encoding="utf-8")) for file in files), "no `emit` of it yet"


def test_no_example_is_left_of_a_type_that_is_gone() -> None:
    assert {file.stem for file in (FOLDER / "examples").glob("*.json")} == set(REGISTRY)


def test_the_asyncapi_document_is_current() -> None:
    assert (FOLDER / "asyncapi.json").read_text(encoding="utf-8") == asyncapi_text(), "run `make contracts`"


@pytest.mark.parametrize("event", REGISTRY.values(), ids=lambda event: event.type)
def test_a_type_string_names_its_publisher_and_fact(event: type[Event]) -> None:
    match = TYPE_PATTERN.match(event.type)
    assert match is not None
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()
    assert match["fact"] == snake
    assert event in PUBLISHERS[match["service"]]
    assert event.topic.split(".")[0] == match["service"]


@pytest.mark.parametrize(
    "event", [e for e in REGISTRY.values() if e.topic not in RESTRICTED_TOPICS], ids=lambda event: event.type
)
def test_ordinary_topics_have_no_field_for_a_person_or_written_text(event: type[Event]) -> None:
    assert [name for name in _fields(event) if PERSONAL.search(name)] == []


def _fields(model: Any) -> list[str]:
    """Field names of a model and of the models inside it."""
    names: list[str] = []
    for name, field in model.model_fields.items():
        names.append(name)
        for inner in (field.annotation, *get_args(field.annotation)):
            # A questionnaire is the municipality's own words, public from the day it opens.
            if isinstance(inner, type) and issubclass(inner, BaseModel) and not issubclass(inner, Part):
                names += _fields(inner)
    return names


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_subscribes_to_itself(name: str) -> None:
    own = {e.type for subscription in load_service(name).handlers for e in subscription.events}
    assert [type_string for type_string in own if type_string.startswith(f"{name}.")] == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_read_the_topics_it_listens_to_and_no_other(name: str) -> None:
    listens = {event.topic for subscription in load_service(name).handlers for event in subscription.events}
    may_read = {topic.name for topic in read_topics()[0] if name in topic.readers}
    assert listens == may_read, "set `readers` in deploy/kafka/topics.yaml"


@pytest.mark.parametrize("name", SERVICES)
def test_the_map_in_the_readme_says_who_listens_to_whom(name: str) -> None:
    row = re.search(rf"^\| {name} \|.*\| (.*) \|$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert row
    others = set(SERVICES) - {name}
    publishers = others if row[1] == "every other service" else set(row[1].split(", "))
    assert publishers == {topic.writer for topic in read_topics()[0] if name in topic.readers}


def test_only_surveys_handles_both_who_took_part_and_what_was_answered() -> None:
    for name in set(SERVICES) - {"surveys"}:
        types = {e.type for subscription in load_service(name).handlers for e in subscription.events}
        assert not {"surveys.survey_answered.v1", "surveys.response_submitted.v1"} <= types


def test_every_subscriber_handles_the_version_that_is_published() -> None:
    types = {t.rsplit(".", 1)[0]: t for t in REGISTRY}
    for name in SERVICES:
        for subscription in load_service(name).handlers:
            for event in subscription.events:
                assert types[event.type.rsplit(".", 1)[0]] == event.type


def test_the_example_of_a_questionnaire_keeps_every_rule_and_shows_every_kind() -> None:
    questionnaire = strict(example.QUESTIONNAIRE)
    assert {part.type for part in questionnaire.parts} == set(KINDS)
    assert {name.partition(".")[0] for name in example.ANSWERS} == {question.id for question in questionnaire.questions}


def test_what_a_newer_publisher_asks_is_read_and_kept_whole() -> None:
    """A consumer that is updated later finds in its copy what it could not read before."""
    questionnaire = Questionnaire.model_validate(newer())
    assert isinstance(questionnaire.parts[0], UnknownQuestion)
    assert [part.id for part in questionnaire.pages[0].known] == [
        part.id for part in questionnaire.pages[0].questions[1:]
    ]
    content = questionnaire.content()
    assert (content["colour"], content["pages"][0]["questions"][0]) == ("blue", HOLOGRAM)
    assert content["pages"][0]["questions"][2]["options"][0]["picture"] == "buss.png"
    assert Questionnaire.model_validate(content) == questionnaire


@pytest.mark.parametrize("place", ["kind", "field"])
def test_staff_cannot_write_what_is_not_known(place: str) -> None:
    content = newer() if place == "kind" else example.QUESTIONNAIRE | {"colour": "blue"}
    with pytest.raises(ValueError, match="hologram" if place == "kind" else "colour"):
        strict(content)
