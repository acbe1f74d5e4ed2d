"""What ``make up`` starts, in which order, and what an environment variable replaces."""

import asyncio
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_settings import SettingsError

from deploy.local.caddy import Caddy
from deploy.local.certificates import make_certificates
from deploy.local.downloads import ROOT
from deploy.local.environment import Addresses, plain_environment, service_environment
from deploy.local.errors import StackError
from deploy.local.kafka import ADMIN, Kafka, own_admin
from deploy.local.postgres import Postgres, require_disk
from deploy.local.process import Process, last_words, listens, require_free, wait_until
from deploy.local.secrets import read_secrets
from deploy.local.sign_in import OIDC_CLIENT, sign_in_process
from deploy.local.supervisor import Supervisor
from deploy.web.build import static_folder
from shared.messaging.provision import admin_of, provision, require_answer
from shared.one_line import wrong_setting
from shared.roles import create_database, create_service_roles, require_database
from shared.services import ROUTES, SERVICES
from shared.settings import Settings

DEFAULT_PORT_BASE = 8080
_HIGHEST_BASE = 65_500


class Stack:
    """Every part, ours or replaced. ``start`` returns when each answers; the supervisor keeps them running."""

    advertised_kafka_port: int | None = None
    """Where clients shall reach the broker, when something stands in front of it."""
    patience = 60.0
    """Seconds without work after which a service counts as not starting."""
    replicas = 1
    """Processes of each service."""

    def __init__(self, state: Path, say: Callable[[str], None]) -> None:
        base = _port_base()
        self.state = state
        self._settings = _checked_settings()
        self.prefix = self._settings.prefix
        self.ports = {"gateway": base, "mail page": base + 1, "mail": base + 2, "sign-in": base + 3}
        self.ports |= {"Postgres": base + 4, "Kafka": base + 5, "Kafka controller": base + 6, "mail in": base + 7}
        # The same port, unless TLS stands in front.
        behind = 8 if os.environ.get("PANEL_LOCAL_TLS") == "1" else 4
        self.ports["Postgres in the clear"] = base + behind
        #: A service's processes: the first goes by its name, any other by name and number.
        self._processes = {s: [s, *(f"{s} {n}" for n in range(2, self.replicas + 1))] for s in SERVICES}
        every = [name for replica in zip(*self._processes.values(), strict=True) for name in replica]
        self.ports |= {name: base + 11 + number for number, name in enumerate(every)}
        self.supervisor = Supervisor(state / "status.json", say)
        self._say = say
        self._secrets = read_secrets(state)
        #: With PANEL_LOCAL_TLS=1 our own parts speak TLS, and Kafka's users sign in by SCRAM, as in a cluster.
        self._tls = make_certificates(state.resolve() / "tls") if os.environ.get("PANEL_LOCAL_TLS") == "1" else None
        self._given = {
            name: os.environ.get(f"PANEL_{name}", "") for name in ("DATABASE_URL", "KAFKA", "SMTP_URL", "OIDC_ISSUER")
        }
        self._pool = ThreadPoolExecutor(max_workers=8)

    def start(self) -> None:
        """Start everything; StackError with one line when something is in the way."""
        require_disk(self.state)
        require_free(self._own_ports())
        self._require_given()
        static = static_folder()
        caddy = Caddy(self.state, self.ports["gateway"])
        upstreams = {s: [f"127.0.0.1:{self.ports[name]}" for name in self._processes[s]] for s in SERVICES}
        caddy.prepare(ROUTES, upstreams, static.parent)
        addresses = self._addresses(static)
        admin, database_url = self._start_servers()
        role_urls = asyncio.run(create_service_roles(admin, database_url, self.prefix, self._secrets.roles))
        migrated = self._pool.submit(self._migrate, database_url)
        self._start_outside_world()
        self._run("Kafka: topics and rights", self._provision)
        self._await("migrations", migrated)
        for service, name in (names := [(s, name) for s in SERVICES for name in self._processes[s]]):
            environment = service_environment(
                service, self.prefix, self.ports[name], role_urls[service], self._secrets, addresses
            )
            self.supervisor.start(self.python(name, environment, "shared.cli", "serve", service), url=self._url(name))
        self.supervisor.start(caddy.process, url=self._url("gateway"))
        starts = [(name, self._pool.submit(self._wait_for_service, name)) for _, name in names]
        for name, start in starts:
            self._await(name, start)
        caddy.wait_ready()
        self._pool.shutdown(wait=False)
        self._describe(admin, database_url, addresses)

    def addresses(self) -> str:
        """What to open, for the terminal."""
        base = self._public_url()
        rows = [("panel", base), ("staff", f"{base}/staff")]
        if not self._given["OIDC_ISSUER"]:
            rows.append(("", "sign in as «leser» (reads), «redaktor» (edits), «trekker» (draws),"))
            rows.append(("", "«analytiker» (answers), «styrer» (decides) or «personvern» (data protection)"))
        if not self._given["SMTP_URL"]:
            rows.append(("mail", self._url("mail page")))
        rows.append(("logs", str(self.state / "logs")))
        return "\n".join(f"  {name:<8}{address}" for name, address in rows)

    def _start_servers(self) -> tuple[str, str]:
        """Postgres and Kafka side by side; URLs of an administrator and of the panel's owner."""
        kafka_ready: Future[None] | None = None
        postgres: Postgres | None = None
        initdb: Future[None] | None = None
        if not self._given["DATABASE_URL"]:
            postgres = Postgres(self.state, self.ports["Postgres in the clear"], self._secrets.postgres)
            initdb = self._pool.submit(postgres.prepare)
        if not self._given["KAFKA"]:
            kafka = Kafka(
                self.state,
                self.ports["Kafka"],
                self.ports["Kafka controller"],
                self._secrets.kafka_users(self.prefix),
                self.advertised_kafka_port,
                self._tls,
            )
            kafka.prepare()
            self.supervisor.start(kafka.process, address=kafka.address)
            kafka_ready = self._pool.submit(kafka.wait_ready)
        if postgres is None or initdb is None:
            admin = owner = self._given["DATABASE_URL"]
        else:
            initdb.result()
            self.supervisor.start(postgres.process, address=f"127.0.0.1:{postgres.port}")
            self._run("Postgres", postgres.wait_ready)
            admin = postgres.url() if self._tls is None else self._front_postgres(postgres.url())
            owner = asyncio.run(create_database(admin, self.prefix, self._secrets.owner))
        if kafka_ready is not None:
            self._await("Kafka", kafka_ready)
        return admin, owner

    def _front_postgres(self, url: str) -> str:
        """TLS in front of our Postgres; the administrator's URL that goes through it."""
        assert self._tls is not None
        ports = {"port": self.ports["Postgres"], "behind": self.ports["Postgres in the clear"]}
        arguments = [part for name, port in ports.items() for part in (f"--{name}", str(port))]
        arguments += ["--certificate", str(self._tls.bundle)]
        process = self.python("postgres-tls", plain_environment(), "deploy.local.postgres_tls", *arguments)
        self.supervisor.start(process)
        self._run("Postgres: TLS", lambda: self._wait_port(process, "Postgres"))
        place = urlsplit(url)
        through = place.netloc.replace(f":{ports['behind']}", f":{ports['port']}")
        query = f"sslmode=verify-full&sslrootcert={self._tls.authority}"
        return place._replace(netloc=through, query=query).geturl()

    def _start_outside_world(self) -> None:
        """The mail catcher and the mock sign-in, unless real ones are given."""
        if not self._given["SMTP_URL"]:
            arguments = ["--smtp", str(self.ports["mail"]), "--http", str(self.ports["mail page"])]
            log = str(self.state / "mails.jsonl")
            arguments += ["--certificates", str(self._tls.bundle.parent)] if self._tls else []
            process = self.python("mail", plain_environment(), "deploy.local.mail", *arguments, "--log", log)
            self.supervisor.start(process, url=self._url("mail page"), smtp=f"127.0.0.1:{self.ports['mail']}")
            self._run("mail catcher", lambda: self._wait_port(process, "mail page"))
        if not self._given["OIDC_ISSUER"]:
            process = sign_in_process(self.state, self.ports["sign-in"])
            self.supervisor.start(process, url=self._url("sign-in"))
            self._run("sign-in", lambda: self._wait_port(process, "sign-in"))

    def _require_given(self) -> None:
        """What somebody else runs is asked first: nothing of ours starts for nothing."""
        if self._given["DATABASE_URL"]:
            asyncio.run(require_database(self._given["DATABASE_URL"]))
        if self._given["KAFKA"]:
            require_answer(admin_of(self._settings))

    def _provision(self) -> None:
        if self._given["KAFKA"]:
            provision(admin_of(self._settings), self.prefix, acls=False)
        else:
            address = f"127.0.0.1:{self.ports['Kafka']}"
            provision(own_admin(address, self._secrets.kafka[ADMIN], self._tls), self.prefix)

    def _migrate(self, database_url: str) -> None:
        environment = plain_environment() | {"PANEL_DATABASE_URL": database_url}
        log = self.state / "logs" / "migrate.log"
        with log.open("ab") as out:
            command = [sys.executable, "-m", "shared.cli", "migrate"]
            result = subprocess.run(command, cwd=ROOT, env=environment, stdout=out, stderr=out, check=False)
        if result.returncode != 0:
            raise StackError(f"The migrations failed: {last_words(log)} (log: {log})")

    def _wait_for_service(self, name: str) -> None:
        process = next(p for p in self.supervisor.processes if p.name == name)
        wait_until(lambda: _answers(f"{self._url(name)}/-/ready"), [process], name, self.patience)

    def _wait_port(self, process: Process, name: str) -> None:
        wait_until(lambda: listens(self.ports[name]), [process], name, 30)

    def python(self, name: str, environment: dict[str, str], module: str, *arguments: str) -> Process:
        log = self.state / "logs" / f"{name}.log"
        return Process(name, [sys.executable, "-m", module, *arguments], log, environment, folder=ROOT)

    def _addresses(self, static: Path) -> Addresses:
        clock = self.state / "clock"
        clock.touch()
        own_sign_in = not self._given["OIDC_ISSUER"]
        return Addresses(
            public_url=self._public_url(),
            kafka=self._given["KAFKA"] or f"127.0.0.1:{self.ports['Kafka']}",
            kafka_username=os.environ.get("PANEL_KAFKA_USERNAME", ""),
            kafka_password=os.environ.get("PANEL_KAFKA_PASSWORD", ""),
            kafka_own=not self._given["KAFKA"],
            smtp_url=self._given["SMTP_URL"]
            or f"smtp{'+starttls' if self._tls else ''}://127.0.0.1:{self.ports['mail']}",
            oidc_issuer=self._given["OIDC_ISSUER"] or self._url("sign-in"),
            oidc_client_id=OIDC_CLIENT if own_sign_in else os.environ.get("PANEL_OIDC_CLIENT_ID", ""),
            oidc_client_secret=(
                self._secrets.oidc_client if own_sign_in else os.environ.get("PANEL_OIDC_CLIENT_SECRET", "")
            ),
            lmtp_port=self.ports["mail in"],
            static=static,
            clock=clock,
            keys=self.state / "survey-keys",
            authority=self._tls.authority if self._tls else None,
        )

    def _describe(self, admin: str, database_url: str, addresses: Addresses) -> None:
        """Fill status.json: what tests and the demo need to look from outside, the administrator's rights included."""
        database = urlsplit(database_url).path.lstrip("/")
        self.supervisor.about = {
            "state": str(self.state),
            "prefix": self.prefix,
            "public_url": addresses.public_url,
            "mail_url": "" if self._given["SMTP_URL"] else self._url("mail page"),
            "smtp_url": addresses.smtp_url,
            "lmtp": f"127.0.0.1:{addresses.lmtp_port}",
            "oidc_issuer": addresses.oidc_issuer,
            "clock_file": str(addresses.clock),
            "database_url": urlsplit(admin)._replace(path=f"/{database}").geturl(),
            "kafka": addresses.kafka,
            "kafka_username": ADMIN if addresses.kafka_own else addresses.kafka_username,
            "kafka_password": self._secrets.kafka[ADMIN] if addresses.kafka_own else addresses.kafka_password,
        }
        self.supervisor.write_status()

    def _own_ports(self) -> dict[str, int]:
        replaced = {
            "DATABASE_URL": ("Postgres", "Postgres in the clear"),
            "KAFKA": ("Kafka", "Kafka controller"),
            "SMTP_URL": ("mail", "mail page"),
            "OIDC_ISSUER": ("sign-in",),
        }
        away = {name for key, names in replaced.items() if self._given[key] for name in names}
        return {name: port for name, port in self.ports.items() if name not in away}

    def _public_url(self) -> str:
        return os.environ.get("PANEL_PUBLIC_URL") or self._url("gateway")

    def _url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def _run(self, what: str, step: Callable[[], None]) -> None:
        self._await(what, self._pool.submit(step))

    def _await(self, what: str, future: "Future[None]") -> None:
        began = time.monotonic()
        future.result()
        self._say(f"{what}: ready ({time.monotonic() - began:.1f} s)")


def _port_base() -> int:
    text = os.environ.get("PANEL_PORT_BASE") or str(DEFAULT_PORT_BASE)
    if not text.isdecimal() or not 1024 <= int(text) <= _HIGHEST_BASE:
        raise StackError(f"PANEL_PORT_BASE is {text}: set it to a number from 1024 to {_HIGHEST_BASE}.")
    return int(text)


def _checked_settings() -> Settings:
    """The services' settings, read here so that a wrong one is said once, and not by five processes that die."""
    try:
        return Settings()
    except (ValidationError, SettingsError) as problem:
        raise StackError(f"{wrong_setting(problem)}; change it and start again.") from None


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own loopback address
            return bool(response.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
