"""Making an installation's topics and rights on a broker, from ``deploy/kafka/topics.yaml``."""

import time
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package re-exports without saying so
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from shared.messaging.topics import Topic, principal, principals, read_topics
from shared.refusal import Refusal
from shared.settings import Settings

_DEADLINE = 180.0


def admin_client(
    address: str, username: str, password: str, *, mechanism: str = "PLAIN", ca_file: str = "", tls: bool = False
) -> AdminClient:
    """An admin client; without a user name it does not sign in, and a CA file means TLS."""
    return AdminClient(client_settings(address, username, password, mechanism=mechanism, ca_file=ca_file, tls=tls))


def admin_of(settings: Settings) -> AdminClient:
    """A client for the broker, principal and CA of the process's settings."""
    return admin_client(
        settings.kafka,
        settings.kafka_username,
        settings.kafka_password.get_secret_value(),
        mechanism=settings.kafka_mechanism,
        ca_file=str(settings.kafka_ca_file or ""),
        tls=settings.kafka_security_protocol.endswith("SSL"),
    )


def client_settings(
    address: str, username: str, password: str, *, mechanism: str = "PLAIN", ca_file: str = "", tls: bool = False
) -> dict[str, str | int | float | bool]:
    """How the client of confluent_kafka reaches a broker and signs in."""
    transport = "SSL" if ca_file or tls else "PLAINTEXT"
    settings: dict[str, str | int | float | bool] = {
        "bootstrap.servers": address,
        "socket.connection.setup.timeout.ms": 2000,
        "log_level": 0,
        "security.protocol": f"SASL_{transport}" if username else transport,
    }
    if ca_file:
        settings["ssl.ca.location"] = ca_file
    if username:
        settings |= {"sasl.mechanism": mechanism, "sasl.username": username, "sasl.password": password}
    return settings


def require_answer(admin: AdminClient) -> set[str]:
    """Names of all topics; Refusal when the broker does not answer."""
    try:
        return set(admin.list_topics(timeout=10).topics)
    except KafkaException as error:
        raise Refusal(f"Kafka does not answer ({error.args[0].str()}): check PANEL_KAFKA and its password.") from error


def provision(admin: AdminClient, prefix: str, *, acls: bool = True, where: str = "local") -> None:
    """Make the installation's missing topics and, on a cluster of ours, each principal's rights."""
    topics, factor = read_topics(where=where)
    there = require_answer(admin)
    missing = [topic for topic in topics if f"{prefix}.{topic.name}" not in there]
    new = [NewTopic(f"{prefix}.{t.name}", t.partitions, factor, config=t.config) for t in missing]
    rules = access_rules(topics, prefix) if acls else []
    try:
        for future in admin.create_topics(new).values() if new else ():
            future.result(30)
        for granted in admin.create_acls(rules).values() if rules else ():
            granted.result(30)
        # A topic that was answered for is not visible at once: a service that starts in between would be refused.
        rights = set(map(_what, rules))
        deadline = time.monotonic() + _DEADLINE
        while rights and not rights <= _granted(admin):
            if time.monotonic() > deadline:
                raise Refusal(f"The rights in Kafka do not show after {_DEADLINE:.0f} seconds.")
    except KafkaException as error:
        raise Refusal(f"Kafka refused the topics or rights of deploy/kafka/topics.yaml: {error}") from error


def _granted(admin: AdminClient) -> set[tuple[str, ...]]:
    # None stands for "any", which the package's types do not know.
    anything: Any = None
    everything = AclBindingFilter(
        ResourceType.ANY, anything, ResourcePatternType.ANY, anything, anything, AclOperation.ANY, AclPermissionType.ANY
    )
    return set(map(_what, admin.describe_acls(everything).result(30)))


def _what(rule: AclBinding) -> tuple[str, ...]:
    return rule.principal, rule.name, str(rule.operation), str(rule.restype), str(rule.resource_pattern_type)


def access_rules(topics: list[Topic], prefix: str) -> list[AclBinding]:
    """What each principal may do; everything else is refused by the broker."""
    user = {service: principal(prefix, service) for service in principals(topics)}
    rules = [
        _allow(
            user[service], ResourceType.GROUP, f"{prefix}.{service}.", ResourcePatternType.PREFIXED, AclOperation.READ
        )
        for service in user
    ]
    for topic in topics:
        name = f"{prefix}.{topic.name}"
        rules.append(
            _allow(user[topic.writer], ResourceType.TOPIC, name, ResourcePatternType.LITERAL, AclOperation.WRITE)
        )
        rules += [
            _allow(user[reader], ResourceType.TOPIC, name, ResourcePatternType.LITERAL, AclOperation.READ)
            for reader in topic.readers
        ]
    return rules


def _allow(
    user: str, kind: ResourceType, name: str, pattern: ResourcePatternType, operation: AclOperation
) -> AclBinding:
    return AclBinding(kind, name, pattern, f"User:{user}", "*", operation, AclPermissionType.ALLOW)
