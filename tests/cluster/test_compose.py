"""compose.yaml says what the tables say: services, their secrets, Kafka's users, roles, paths."""

import json
import re
from typing import Any

import yaml

from deploy.cluster.topology import GATEWAY_FILE, gateway_text
from deploy.local.downloads import KAFKA_VERSION, ROOT
from deploy.local.environment import secret_settings
from services.notifications.settings import NotificationSettings
from shared.messaging.topics import principal, read_topics
from shared.profile import load_profile
from shared.secret_objects import compose_lines
from shared.services import SERVICES
from shared.settings import Settings

FOLDER = ROOT / "deploy" / "compose"
COMPOSE = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
PARTS: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
JOBS = {"roles", "migrate", "topics"}
#: Secrets in the environment by another name than the chart's, because passwords are a part of an address there.
_BESIDE = {"PANEL_SERVICE_DATABASE_URL", "PANEL_KAFKA_PASSWORD"}


def test_its_parts_are_the_services_their_jobs_and_what_they_stand_on() -> None:
    assert set(PARTS) == {*SERVICES, *JOBS, "gateway", "postgres", "kafka", "synthetic"}
    for service in SERVICES:
        assert PARTS[service]["command"] == ["serve", service]


def test_the_gateways_paths_are_those_of_the_table() -> None:
    assert GATEWAY_FILE.read_text(encoding="utf-8") == gateway_text()


def test_a_service_is_told_settings_that_exist_and_its_own_secrets_alone() -> None:
    names = {f"PANEL_{name}".upper() for name in Settings.model_fields} | {"PANEL_IMAP_URL"}
    names |= {f"PANEL_NOTIFICATIONS_{name}".upper() for name in NotificationSettings.model_fields}
    secret = {name for service in SERVICES for name in secret_settings(service)} | _BESIDE
    for service in SERVICES:
        environment = PARTS[service]["environment"]
        assert set(environment) <= names, service
        assert set(environment) & secret == {*secret_settings(service), *_BESIDE}, service
        assert f"_{service}:${{{service.upper()}_DATABASE_PASSWORD}}@" in environment["PANEL_SERVICE_DATABASE_URL"]
        assert environment["PANEL_KAFKA_USERNAME"] == principal("${PANEL_PREFIX:-panel}", service)
        others = [other.upper() for other in SERVICES if other != service]
        assert not [value for value in environment.values() if any(f"{other}_" in value for other in others)], service


def test_the_broker_knows_every_principal_and_the_database_every_role() -> None:
    users = PARTS["kafka"]["environment"]["KAFKA_LISTENER_NAME_CLIENTS_PLAIN_SASL_JAAS_CONFIG"]
    named = dict(re.findall(r'user_([^=]+)="\$\{(\w+)\}"', users))
    passwords = {principal("${PANEL_PREFIX:-panel}", name): f"{name.upper()}_KAFKA_PASSWORD" for name in SERVICES}
    assert named == passwords | {"admin": "KAFKA_PASSWORD"}
    roles = json.loads(PARTS["roles"]["environment"]["PANEL_ROLE_PASSWORDS"])
    assert roles == {name: f"${{{name.upper()}_DATABASE_PASSWORD}}" for name in ("owner", *SERVICES)}


def test_topics_are_made_by_the_table_for_one_broker() -> None:
    assert PARTS["topics"]["command"] == ["topics", "--where", "local", "--rights"]
    _, copies = read_topics(where="local")
    broker = PARTS["kafka"]["environment"]
    assert str(copies) == broker["KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR"] == "1"
    assert broker["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert PARTS["kafka"]["image"].endswith(f":{KAFKA_VERSION}}}")


def test_every_value_is_in_the_printed_env_or_asked_for_by_name() -> None:
    lines = set(re.findall(r"^(\w+)=", compose_lines("panel", "smtp://relay:25", "secret"), re.MULTILINE))
    variables = set(re.findall(r"\$\{(\w+)\}", COMPOSE))
    required = set(re.findall(r"\$\{(\w+):\?", COMPOSE))
    assert variables - required - lines == set()
    assert required <= lines
    with_default = set(re.findall(r"\$\{(\w+):-", COMPOSE))
    assert lines <= variables | required | with_default


def test_every_process_of_ours_runs_without_rights_and_the_outside_reaches_the_gateway_alone() -> None:
    for name in (*SERVICES, *JOBS, "synthetic"):
        part = PARTS[name]
        assert (part["read_only"], part["cap_drop"]) == (True, ["ALL"]), name
        assert part["security_opt"] == ["no-new-privileges:true"], name
    assert [name for name, part in PARTS.items() if "ports" in part] == ["gateway"]
    assert {name for name, part in PARTS.items() if "outside" in part["networks"]} == {
        "gateway",
        # Where staff sign in, and the mail relay.
        "registration",
        "notifications",
        # A visitor, who reaches nothing inside.
        "synthetic",
    }
    assert PARTS["synthetic"]["networks"] == ["outside"]
    assert PARTS["synthetic"]["profiles"] == ["synthetic"]


def test_the_shipped_profile_is_one_to_start_from() -> None:
    assert load_profile(ROOT / "shared" / "profile" / "shipped" / "baerum").number == "3201"


def test_mails_come_from_the_panel_by_its_name_unless_another_is_given() -> None:
    assert PARTS["notifications"]["environment"]["PANEL_MAIL_FROM_NAME"] == "${PANEL_MAIL_FROM_NAME:-}"
