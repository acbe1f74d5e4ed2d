"""Topics and rights from the file, and how each client signs in, without a broker."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from pydantic import SecretStr

from shared.messaging import broker, provision
from shared.messaging.broker import BrokerProbe, client_arguments
from shared.messaging.provision import admin_of, client_settings
from shared.messaging.topics import principals, read_topics
from shared.refusal import Refusal
from shared.settings import Settings

TOPICS, FACTOR = read_topics()


class Broker:
    """What an administrator may ask for; a right shows when it has been asked after so many times."""

    def __init__(self, there: tuple[str, ...] = (), shows_after: int = 0) -> None:
        self.topics: dict[str, Any] = dict.fromkeys(there)
        self.rules: list[Any] = []
        self.refusing: set[str] = set()
        self.shows_after, self.waited_for = shows_after, list[str]()

    def _answer(self, name: str, value: Any = None) -> Any:
        def result(_: float) -> Any:
            self.waited_for.append(name)
            if name in self.refusing:
                raise KafkaException(KafkaError(KafkaError.CLUSTER_AUTHORIZATION_FAILED))
            return value

        return SimpleNamespace(result=result)

    def list_topics(self, timeout: float) -> Any:
        """All there are."""
        if "list" in self.refusing:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        return SimpleNamespace(topics=self.topics)

    def create_topics(self, new: list[Any]) -> dict[str, Any]:
        """Of names that are not there."""
        assert new
        self.topics |= {topic.topic: topic for topic in new}
        return {topic.topic: self._answer("topics") for topic in new}

    def create_acls(self, rules: list[Any]) -> dict[Any, Any]:
        """More rights."""
        assert rules
        self.rules += rules
        return {rule: self._answer("rights") for rule in rules}

    def describe_acls(self, _: Any) -> Any:
        """Those that show."""
        self.shows_after -= 1
        return self._answer("show", self.rules if self.shows_after < 0 else self.rules[1:])


def make(admin: Broker, **how: Any) -> None:
    provision.provision(admin, "panel", **how)  # type: ignore[arg-type]


def test_what_is_missing_is_made_as_the_file_says() -> None:
    admin = Broker(("panel.registration", "other.surveys"))
    make(admin)
    made = {name: topic for name, topic in admin.topics.items() if topic is not None}
    assert set(made) == {f"panel.{topic.name}" for topic in TOPICS} - {"panel.registration"}
    for topic in TOPICS:
        if topic.name != "registration":
            new = made[f"panel.{topic.name}"]
            assert (new.num_partitions, new.replication_factor, new.config) == (12, FACTOR, topic.config)
    assert admin.waited_for.count("topics") == len(made)
    assert admin.waited_for.count("rights") == len(admin.rules) > len(TOPICS)
    make(admin)
    assert len([name for name in admin.topics if name.startswith("panel.")]) == len(TOPICS)


def test_a_writer_may_write_a_reader_read_and_each_use_groups_of_its_own() -> None:
    admin = Broker()
    make(admin)
    rules = {
        (rule.principal, rule.restype.name, rule.name, rule.resource_pattern_type.name, rule.operation.name)
        for rule in admin.rules
    }
    groups = {(f"User:panel-{name}", "GROUP", f"panel.{name}.", "PREFIXED", "READ") for name in principals(TOPICS)}
    rights = {
        (f"User:panel-{name}", "TOPIC", f"panel.{topic.name}", "LITERAL", operation)
        for topic in TOPICS
        for operation, names in (("WRITE", (topic.writer,)), ("READ", topic.readers))
        for name in names
    }
    assert rules == groups | rights
    assert {(rule.host, rule.permission_type.name) for rule in admin.rules} == {("*", "ALLOW")}


def test_it_waits_until_the_rights_show_and_leaves_those_of_a_given_broker_alone() -> None:
    admin = Broker(shows_after=3)
    make(admin)
    assert admin.shows_after == -1
    given = Broker(shows_after=3)
    make(given, acls=False)
    assert (given.rules, given.shows_after) == ([], 3)
    assert len(given.topics) == len(TOPICS)


def test_rights_that_never_show_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provision, "_DEADLINE", -1.0)
    with pytest.raises(Refusal, match="do not show"):
        make(Broker(shows_after=10**9))


@pytest.mark.parametrize(
    ("what", "words"),
    [("list", "Kafka does not answer"), ("topics", "refused"), ("rights", "refused"), ("show", "refused")],
)
def test_what_the_broker_refuses_is_one_line_for_an_operator(what: str, words: str) -> None:
    admin = Broker()
    admin.refusing.add(what)
    with pytest.raises(Refusal, match=words):
        make(admin)


def test_the_file_gives_each_class_its_retention_and_each_place_its_copies() -> None:
    ordinary, restricted = (next(topic for topic in TOPICS if topic.restricted is which) for which in (False, True))
    assert (ordinary.name, restricted.name) == ("registration", "registration.contacts")
    assert [topic.config["retention.ms"] for topic in (ordinary, restricted)] == ["2592000000", "604800000"]
    assert {topic.config["cleanup.policy"] for topic in TOPICS} == {"delete"}
    cluster, factor = read_topics(where="cluster")
    assert (FACTOR, factor) == (1, 3)
    assert [topics[0].config["min.insync.replicas"] for topics in (TOPICS, cluster)] == ["1", "2"]


@pytest.mark.parametrize(
    ("username", "ca_file", "tls", "protocol"),
    [
        ("", "", False, "PLAINTEXT"),
        ("", "ca.pem", False, "SSL"),
        ("", "", True, "SSL"),
        ("admin", "", False, "SASL_PLAINTEXT"),
        ("admin", "ca.pem", False, "SASL_SSL"),
        ("admin", "", True, "SASL_SSL"),
    ],
)
def test_an_administrator_signs_in_with_a_name_and_under_tls_with_a_ca(
    username: str, ca_file: str, tls: bool, protocol: str
) -> None:
    more: Any = {"tls": True} if tls else {}
    settings = client_settings("kafka:9092", username, "secret", ca_file=ca_file, **more)
    assert (settings["bootstrap.servers"], settings["security.protocol"]) == ("kafka:9092", protocol)
    assert settings.get("ssl.ca.location", "") == ca_file
    signs_in = {"sasl.mechanism": "PLAIN", "sasl.username": username, "sasl.password": "secret"} if username else {}
    assert {name: value for name, value in settings.items() if name.startswith("sasl")} == signs_in


@pytest.mark.parametrize("security", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
def test_the_process_reaches_the_broker_as_its_settings_say(security: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(provision, "AdminClient", asked.append)
    settings = Settings(
        kafka="kafka:9092", kafka_security=security, kafka_username="panel-x", kafka_password=SecretStr("secret"),
        kafka_mechanism="SCRAM-SHA-512",
    )  # fmt: skip
    signs_in = security.startswith("SASL")
    arguments = client_arguments(settings)
    assert (arguments["bootstrap_servers"], arguments["security_protocol"]) == ("kafka:9092", security)
    assert ("ssl_context" in arguments) is security.endswith("SSL")
    names = ("sasl_mechanism", "sasl_plain_username", "sasl_plain_password")
    assert [arguments.get(name) for name in names] == (
        ["SCRAM-SHA-512", "panel-x", "secret"] if signs_in else [None] * 3
    )
    admin_of(settings)
    assert asked[0]["security.protocol"].endswith("SSL") is security.endswith("SSL")
    assert asked[0]["sasl.mechanism"] == "SCRAM-SHA-512"
    assert "ssl.ca.location" not in asked[0]


def test_the_administrators_ca_is_the_settings_ca(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(provision, "AdminClient", asked.append)
    provision.admin_client("kafka:9092", "", "")
    assert asked.pop()["security.protocol"] == "PLAINTEXT"
    admin_of(Settings.model_construct(
        kafka="k", kafka_username="", kafka_password=SecretStr(""), kafka_ca_file=Path("/ca.pem"),
        kafka_security="SSL", kafka_mechanism="PLAIN",
    ))  # fmt: skip
    assert asked[0]["ssl.ca.location"] == "/ca.pem"


class Reader:
    """A client that is asked where logs end."""

    made: list["Reader"]

    def __init__(self, **arguments: Any) -> None:
        self.arguments, self.started, self.stopped = arguments, 0, 0
        self.made.append(self)

    async def start(self) -> None:
        """Once."""
        self.started += 1

    async def stop(self) -> None:
        """The broker is away: it fails."""
        self.stopped += 1
        raise OSError

    async def end_offsets(self, partitions: list[Any]) -> dict[Any, int]:
        """Of what it is asked for; the real one fails when that is nothing."""
        assert partitions
        return {partition: 10 + partition.partition for partition in partitions}


async def test_the_probe_asks_by_one_client_until_it_is_told_to_forget_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "AIOKafkaConsumer", Reader)
    monkeypatch.setattr(broker, "_stopping", set())
    Reader.made = []
    probe = BrokerProbe(Settings(prefix="panel"))
    probe.forget()
    assert probe.age == float("inf")
    assert await probe.end_offsets([("surveys", 2), ("results", 0)]) == {("surveys", 2): 12, ("results", 0): 10}
    assert 0 <= probe.age < 3600
    assert await probe.end_offsets([]) == {}
    (reader,) = Reader.made
    assert (reader.started, reader.arguments["enable_auto_commit"]) == (1, False)
    probe.forget()
    assert probe.age == float("inf")
    (stopping,) = broker._stopping
    await stopping
    assert (reader.stopped, broker._stopping) == (1, set())
    await probe.end_offsets([("surveys", 0)])
    assert len(Reader.made) == 2
