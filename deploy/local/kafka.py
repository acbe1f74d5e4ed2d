"""One node of real Apache Kafka in KRaft mode, with a principal per service and ACLs."""

import base64
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
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

from deploy.local.downloads import ROOT, java, kafka_jars
from deploy.local.errors import StackError
from deploy.local.process import Process, wait_until
from deploy.local.topics import Topic, principals, read_topics

ADMIN = "admin"
_LISTENER = "listener.name.clients.plain.sasl.jaas.config"


class Kafka:
    """A broker and controller in one process under ``state/kafka``."""

    def __init__(
        self,
        state: Path,
        port: int,
        controller_port: int,
        passwords: Mapping[str, str],
        advertised_port: int | None = None,
    ) -> None:
        self._home = state / "kafka"
        self.port = port
        self._advertised_port = advertised_port or port
        self._controller_port = controller_port
        self._passwords = passwords
        log = state / "logs" / "kafka.log"
        self.process = Process("kafka", [], log, {"LC_ALL": "C.UTF-8", "TZ": "UTC"}, stop_seconds=20)

    @property
    def address(self) -> str:
        """host:port for clients."""
        return f"127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Check the jars, write the configuration, format the storage the first time."""
        jars = kafka_jars()
        self._home.mkdir(parents=True, exist_ok=True)
        settings = self._home / "server.properties"
        settings.touch(0o600)
        settings.write_text(self._properties(), encoding="utf-8")
        base = [
            str(java()),
            "-Xmx256m",
            "-Xms256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            f"-Dlog4j2.configurationFile={ROOT / 'deploy' / 'kafka' / 'log4j2.properties'}",
            "-cp",
            ":".join(map(str, jars)),
        ]
        self.process.command = [*base, "kafka.Kafka", str(settings)]
        if not (self._home / "data" / "meta.properties").exists():
            # A first byte of our own: an id that begins with "-" would be read as an option.
            cluster = base64.urlsafe_b64encode(b"p" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
            # Not a Process: it ends by itself, and a thread that ends meanwhile must not take it along.
            done = subprocess.run(
                [*base, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(settings)],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                last = (done.stderr or done.stdout).strip().splitlines()[:1]
                raise StackError(f"Kafka could not format {self._home}: {' '.join(last) or 'no output'}")

    def wait_ready(self) -> None:
        """Until the admin interface answers; an open port is not enough."""
        admin = self.admin()

        def answers() -> bool:
            try:
                admin.list_topics(timeout=1)
            except KafkaException:
                return False
            return True

        wait_until(answers, [self.process], "Kafka", 60)

    def admin(self) -> AdminClient:
        """A client with every right."""
        return admin_client(self.address, ADMIN, self._passwords[ADMIN])

    def _properties(self) -> str:
        users = " ".join(f'user_{name}="{password}"' for name, password in self._passwords.items())
        login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        lines = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "listeners": f"CLIENTS://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"CLIENTS://127.0.0.1:{self._advertised_port}",
            "listener.security.protocol.map": "CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "CLIENTS",
            "sasl.enabled.mechanisms": "PLAIN",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            _LISTENER: f'{login} username="{ADMIN}" password="{self._passwords[ADMIN]}" {users};',
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            # The controller's listener is loopback only and has no sign-in of its own.
            "super.users": f"User:{ADMIN};User:ANONYMOUS",
            "log.dirs": str(self._home / "data"),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            # After a kill -9 the controller waits for the old registration to run out: seconds instead of twelve.
            "broker.session.timeout.ms": "2000",
            "broker.heartbeat.interval.ms": "400",
            "log.index.size.max.bytes": "1048576",
            # Looks for what is past its time every few seconds: a test waits for it.
            "log.retention.check.interval.ms": "5000",
            "log.initial.task.delay.ms": "1000",
        }
        return "".join(f"{key}={value}\n" for key, value in lines.items())


def admin_client(address: str, username: str, password: str) -> AdminClient:
    """An admin client; without a user name it does not sign in."""
    settings: dict[str, str | int | float | bool] = {
        "bootstrap.servers": address,
        "socket.connection.setup.timeout.ms": 2000,
        "log_level": 0,
    }
    if username:
        settings |= {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": username,
            "sasl.password": password,
        }
    return AdminClient(settings)


def require_answer(admin: AdminClient) -> set[str]:
    """Names of all topics; StackError when the given Kafka does not answer."""
    try:
        return set(admin.list_topics(timeout=10).topics)
    except KafkaException as error:
        raise StackError(
            f"Kafka does not answer ({error.args[0].str()}): check PANEL_KAFKA and its password."
        ) from error


def provision(admin: AdminClient, prefix: str, *, acls: bool = True) -> None:
    """Make the installation's missing topics and, on a cluster of ours, each principal's rights."""
    topics, factor = read_topics()
    there = require_answer(admin)
    missing = [topic for topic in topics if f"{prefix}.{topic.name}" not in there]
    new = [NewTopic(f"{prefix}.{t.name}", t.partitions, factor, config=t.config) for t in missing]
    rules = access_rules(topics, prefix) if acls else []
    try:
        for done in admin.create_topics(new).values() if new else ():
            done.result(30)
        for granted in admin.create_acls(rules).values() if rules else ():
            granted.result(30)
        # Answered is not yet visible: a service that starts in between would be refused.
        wanted = set(map(_what, rules))
        wait_until(lambda: not wanted or wanted <= _granted(admin), [], "The rights in Kafka", 20)
    except KafkaException as error:
        raise StackError(f"Kafka refused the topics or rights of deploy/kafka/topics.yaml: {error}") from error


def _granted(admin: AdminClient) -> set[tuple[str, ...]]:
    # None stands for "any"; the package's types do not say so.
    anything: Any = None
    everything = AclBindingFilter(
        ResourceType.ANY, anything, ResourcePatternType.ANY, anything, anything, AclOperation.ANY, AclPermissionType.ANY
    )
    return set(map(_what, admin.describe_acls(everything).result(30)))


def _what(rule: AclBinding) -> tuple[str, ...]:
    return rule.principal, rule.name, str(rule.operation), str(rule.restype), str(rule.resource_pattern_type)


def access_rules(topics: list[Topic], prefix: str) -> list[AclBinding]:
    """What each principal may do; everything else is refused by the broker."""
    rules = [
        _allow(service, ResourceType.GROUP, f"{prefix}.{service}.", ResourcePatternType.PREFIXED, AclOperation.READ)
        for service in principals(topics)
    ]
    for topic in topics:
        name = f"{prefix}.{topic.name}"
        rules.append(_allow(topic.writer, ResourceType.TOPIC, name, ResourcePatternType.LITERAL, AclOperation.WRITE))
        rules += [
            _allow(reader, ResourceType.TOPIC, name, ResourcePatternType.LITERAL, AclOperation.READ)
            for reader in topic.readers
        ]
    return rules


def _allow(
    service: str, kind: ResourceType, name: str, pattern: ResourcePatternType, operation: AclOperation
) -> AclBinding:
    return AclBinding(kind, name, pattern, f"User:{service}", "*", operation, AclPermissionType.ALLOW)
