"""What an operator does once in some years, each step as the runbook has it; the ledger balances after each."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package re-exports without saying so
    AdminClient,
    NewTopic,
)

from shared.messaging.provision import admin_client
from shared.messaging.topics import read_topics
from tests.day_two.running import Running
from tests.profiles import write_profile

#: Twice what topics.yaml says.
PARTITIONS = 24


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    state = tmp_path_factory.mktemp("daytwo")
    running = Running(state, PANEL_PROFILE=str(write_profile(state / "profile")))
    running.start()
    yield running
    running.stop()


def admin_of(stack: Running) -> AdminClient:
    status = stack.status
    return admin_client(status["kafka"], status["kafka_username"], status["kafka_password"])


def recreate(admin: AdminClient, name: str, partitions: int) -> None:
    """Remove the topic and make it anew, as a changed KafkaTopic that was deleted does."""
    (topic,) = (topic for topic in read_topics()[0] if f"panel.{topic.name}" == name)
    admin.delete_topics([name])[name].result(120)
    deadline = time.monotonic() + 300
    while name in admin.list_topics(timeout=5).topics:
        assert time.monotonic() < deadline
    admin.create_topics([NewTopic(name, partitions, 1, config=topic.config)])[name].result(120)


async def test_a_topic_grows_by_being_made_anew_while_people_join(stack: Running) -> None:
    people = stack.people(6)
    await stack.join(people[:2])
    await stack.balances(2)
    joining = asyncio.create_task(stack.join(people[2:]))
    await asyncio.to_thread(recreate, admin_of(stack), "panel.registration", PARTITIONS)
    await joining
    await stack.balances(6)
    assert len(admin_of(stack).list_topics(timeout=5).topics["panel.registration"].partitions) == PARTITIONS
    positions = "select count(distinct partition) from registration.relay_position where topic = 'registration'"
    assert await stack.ask(positions) > 0


async def test_a_topic_that_lost_everything_is_filled_again(stack: Running) -> None:
    """Of each class one: an ordinary topic, and one whose events rest seven days only."""
    before = await stack.ask("select size from registration.panel")
    for name in ("panel.registration", "panel.registration.contacts"):
        await asyncio.to_thread(recreate, admin_of(stack), name, 12)
    await stack.join(stack.people(before + 1)[-1:])
    await stack.balances(before + 1)


async def test_copies_are_built_anew_from_state_sent_again(stack: Running) -> None:
    before = await stack.ask("select size from registration.panel")
    await stack.ask("truncate surveys.member cascade")
    assert await stack.ask("select count(*) from surveys.member") == 0
    assert '"lanes": 0' not in stack.by_hand("surveys", "reset-lanes", "surveys", "registration")
    stack.by_hand("registration", "send-state", "registration")
    await stack.balances(before)


async def test_a_merger_gives_the_municipality_another_number(stack: Running) -> None:
    before = await stack.ask("select size from registration.panel")
    await stack.balances(before)
    stack.stop()
    write_profile(stack.state / "profile", number="3299", former_numbers=["3201"], name="Nye Bærum kommune")
    stack.start()
    await stack.join(stack.people(before + 1)[-1:])
    await stack.balances(before + 1)
    sources = await stack.ask("select count(*) from surveys.dead_letter")
    assert sources == 0
