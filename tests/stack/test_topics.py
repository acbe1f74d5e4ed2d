"""topics.yaml says what the services do, and the broker enforces it."""

import time
from typing import Any

import pytest
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec  # type: ignore[attr-defined]  # re-exported without saying so

from deploy.local.servers import Backends
from shared.events import PUBLISHERS, RESTRICTED_TOPICS
from shared.messaging.provision import admin_client, client_settings, provision
from shared.messaging.topics import Topic, principal, principals, read_topics
from shared.services import SERVICES

PREFIX = "panel"
TOPICS = {topic.name: topic for topic in read_topics()[0]}
REFUSED = "TOPIC_AUTHORIZATION_FAILED"
DEADLINE = 10.0


@pytest.fixture(scope="module")
def broker(own_backends: Backends) -> Backends:
    admin = admin_client(own_backends.kafka, own_backends.kafka_username, own_backends.kafka_password)
    provision(admin, PREFIX)
    # Making what is there already changes nothing: a second start of the stack does the same.
    provision(admin, PREFIX)
    return own_backends


def credentials(broker: Backends, service: str) -> dict[str, Any]:
    return {
        "bootstrap.servers": broker.kafka,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": principal(PREFIX, service),
        "sasl.password": broker.service_passwords[principal(PREFIX, service)],
        "log_level": 0,
    }


def as_admin(broker: Backends) -> dict[str, Any]:
    return client_settings(broker.kafka, broker.kafka_username, broker.kafka_password)


def test_the_file_names_every_topic_that_a_contract_uses() -> None:
    topics = {(event.topic, publisher) for publisher, events in PUBLISHERS.items() for event in events}
    named = {(topic.name, topic.writer) for topic in TOPICS.values()}
    assert topics <= named
    assert {topic.name for topic in TOPICS.values() if topic.restricted} == RESTRICTED_TOPICS


def test_every_service_is_a_principal() -> None:
    assert set(principals(TOPICS.values())) == set(SERVICES)


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS.keys())
def test_no_service_reads_its_own_topic_and_a_restricted_one_has_one_reader(topic: Topic) -> None:
    assert topic.writer not in topic.readers
    if topic.restricted:
        assert len(topic.readers) == 1


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS.keys())
def test_retention_is_the_promised_one(topic: Topic) -> None:
    days, segment_hours = (7, 1) if topic.restricted else (30, 24)
    assert topic.config["retention.ms"] == str(days * 86_400_000)
    assert topic.config["segment.ms"] == str(segment_hours * 3_600_000)
    assert topic.partitions == 12


def test_a_cluster_keeps_three_copies() -> None:
    topics, factor = read_topics(where="cluster")
    assert factor == 3
    assert {topic.config["min.insync.replicas"] for topic in topics} == {"2"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_principal_writes_its_own_topics_only(broker: Backends, service: str) -> None:
    producer = Producer(credentials(broker, service) | {"enable.idempotence": True})
    outcome: dict[str, str] = {}
    for topic in TOPICS:
        producer.produce(
            f"{PREFIX}.{topic}",
            b"x",
            on_delivery=lambda error, message: outcome.update(
                {str(message.topic()): error.name() if error else "written"}
            ),
        )
    assert producer.flush(DEADLINE) == 0
    assert outcome == {
        f"{PREFIX}.{topic.name}": "written" if topic.writer == service else REFUSED for topic in TOPICS.values()
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_principal_reads_only_what_the_file_says(broker: Backends, service: str) -> None:
    places = {f"{PREFIX}.{topic}": TopicPartition(f"{PREFIX}.{topic}", 0, 0) for topic in TOPICS}
    outcome: dict[str, str] = {}
    # A topic whose very offsets are refused cannot be fetched either; the others are really read.
    admin = AdminClient(credentials(broker, service))
    earliest = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
    for place, answer in admin.list_offsets(dict.fromkeys(places.values(), earliest)).items():
        try:
            answer.result(DEADLINE)
        except KafkaException as refused:
            outcome[place.topic] = refused.args[0].name()
    reads = credentials(broker, service) | {"group.id": f"{PREFIX}.{service}.rights", "enable.partition.eof": True}
    consumer = Consumer(reads | {"enable.auto.commit": False})
    consumer.assign([place for topic, place in places.items() if topic not in outcome])
    deadline = time.monotonic() + DEADLINE
    while len(outcome) < len(TOPICS) and time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is not None:
            error = message.error()
            name = error.name() if error else "read"
            outcome.setdefault(str(message.topic()), "read" if name == "_PARTITION_EOF" else name)
    consumer.close()
    assert outcome == {
        f"{PREFIX}.{topic.name}": "read" if service in topic.readers else REFUSED for topic in TOPICS.values()
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_principal_uses_its_own_groups_only(broker: Backends, service: str) -> None:
    admin = AdminClient(credentials(broker, service))
    outcome = {}
    for owner in SERVICES:
        request = ConsumerGroupTopicPartitions(f"{PREFIX}.{owner}.registration")
        (answer,) = admin.list_consumer_group_offsets([request]).values()
        try:
            answer.result(DEADLINE)
            outcome[owner] = "used"
        except KafkaException as refused:
            outcome[owner] = refused.args[0].name()
    assert outcome == {owner: "used" if owner == service else "GROUP_AUTHORIZATION_FAILED" for owner in SERVICES}


def test_a_wrong_password_is_let_in_nowhere(broker: Backends) -> None:
    wrong = credentials(broker, "surveys") | {"sasl.password": "wrong"}
    producer = Producer(wrong | {"message.timeout.ms": 3000})
    outcome: list[bool] = []
    producer.produce(f"{PREFIX}.surveys", b"x", on_delivery=lambda error, _: outcome.append(error is None))
    producer.flush(DEADLINE)
    assert outcome == [False]


def test_a_topic_nobody_declared_is_not_made(broker: Backends) -> None:
    admin = admin_client(broker.kafka, broker.kafka_username, broker.kafka_password)
    admin.list_topics(topic=f"{PREFIX}.undeclared", timeout=5)
    assert f"{PREFIX}.undeclared" not in admin.list_topics(timeout=5).topics


def test_what_an_erased_member_left_in_a_topic_goes_with_its_retention(
    broker: Backends, tmp_path_factory: pytest.TempPathFactory
) -> None:
    short = {"retention.ms": "3000", "segment.ms": "1000", "file.delete.delay.ms": "1000"}
    name, mark = f"{PREFIX}.short", b"canary.erased@example.org"
    admin = admin_client(broker.kafka, broker.kafka_username, broker.kafka_password)
    admin.create_topics([NewTopic(name, 1, 1, config=TOPICS["registration.contacts"].config | short)])[name].result(10)
    producer = Producer(as_admin(broker))
    producer.produce(name, mark, key=b"member")
    assert producer.flush(DEADLINE) == 0

    def kept() -> bool:
        """Whether the broker's own files hold the mark."""
        files = tmp_path_factory.getbasetemp().glob(f"stack*/kafka/data/{name}-0/*")
        return any(mark in file.read_bytes() for file in files if file.is_file())

    assert kept()
    deadline = time.monotonic() + 60
    while kept():
        assert time.monotonic() < deadline
        time.sleep(0.5)
    place = TopicPartition(name, 0)
    earliest = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
    assert admin.list_offsets({place: earliest})[place].result(10).offset == 1
