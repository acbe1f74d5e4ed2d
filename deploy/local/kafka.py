"""One node of real Apache Kafka in KRaft mode, with a principal per service and ACLs."""

import base64
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.local.certificates import Certificates
from deploy.local.downloads import ROOT, java, kafka_jars
from deploy.local.errors import StackError
from deploy.local.process import OWNER_ONLY, Process, wait_until
from shared.messaging.provision import admin_client

ADMIN = "admin"
SCRAM = "SCRAM-SHA-512"


class Kafka:
    """A broker and controller in one process under ``state/kafka``."""

    def __init__(
        self,
        state: Path,
        port: int,
        controller_port: int,
        passwords: Mapping[str, str],
        advertised_port: int | None = None,
        certificates: Certificates | None = None,
    ) -> None:
        """``passwords`` by user; with ``certificates`` the broker speaks TLS and SCRAM as in a cluster."""
        self._home = state / "kafka"
        self.port = port
        self._advertised_port = advertised_port or port
        self._controller_port = controller_port
        self._passwords = passwords
        self._certificates = certificates
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
            result = subprocess.run(
                [*base, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(settings), *self._credentials()],
                capture_output=True,
                text=True,
                check=False,
                umask=OWNER_ONLY,
            )
            if result.returncode != 0:
                last = (result.stderr or result.stdout).strip().splitlines()[:1]
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
        return own_admin(self.address, self._passwords[ADMIN], self._certificates)

    def _credentials(self) -> list[str]:
        """SCRAM users are stored by the broker itself, the first ones when its storage is made."""
        if self._certificates is None:
            return []
        users = [f"{SCRAM}=[name={name},password={password}]" for name, password in self._passwords.items()]
        return [part for user in users for part in ("--add-scram", user)]

    def _sign_in(self) -> dict[str, str]:
        users = " ".join(f'user_{name}="{password}"' for name, password in self._passwords.items())
        login = f'required username="{ADMIN}" password="{self._passwords[ADMIN]}"'
        modules, listener = "org.apache.kafka.common.security", "listener.name.clients"
        if self._certificates is None:
            return {
                "listener.security.protocol.map": "CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
                "sasl.enabled.mechanisms": "PLAIN",
                "sasl.mechanism.inter.broker.protocol": "PLAIN",
                f"{listener}.plain.sasl.jaas.config": f"{modules}.plain.PlainLoginModule {login} {users};",
            }
        return {
            "listener.security.protocol.map": "CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT",
            "sasl.enabled.mechanisms": SCRAM,
            "sasl.mechanism.inter.broker.protocol": SCRAM,
            f"{listener}.{SCRAM.lower()}.sasl.jaas.config": f"{modules}.scram.ScramLoginModule {login};",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._certificates.bundle),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self._certificates.authority),
        }

    def _properties(self) -> str:
        lines = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "listeners": f"CLIENTS://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"CLIENTS://127.0.0.1:{self._advertised_port}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "CLIENTS",
            **self._sign_in(),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            # The controller's listener is loopback only and has no sign-in of its own.
            "super.users": f"User:{ADMIN};User:ANONYMOUS",
            "log.dirs": str(self._home / "data"),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            # A service away for longer than Kafka's own seven days must still find out what it missed.
            "offsets.retention.minutes": "86400",
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


def own_admin(address: str, password: str, certificates: Certificates | None) -> AdminClient:
    """A client of our own broker with every right."""
    if certificates is None:
        return admin_client(address, ADMIN, password)
    return admin_client(address, ADMIN, password, mechanism=SCRAM, ca_file=str(certificates.authority))
