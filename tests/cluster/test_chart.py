"""The chart: every object is one that a cluster accepts, and says what the tables say."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from jsonschema import Draft202012Validator
from kubernetes_validate.utils import schema_contents
from referencing import Registry, Resource

from shared.messaging.provision import access_rules
from shared.messaging.topics import read_topics
from shared.services import ROUTES, SERVICES
from tests.cluster.chart import CHART, PREFIX, VALUES, Object, helm, needs_helm, of_kind, pods, rendered

pytestmark = needs_helm

#: The Kubernetes versions that a municipality may run today.
VERSIONS = ("1.35.0", "1.36.0", "1.37.0")
SCHEMAS = Path(__file__).parent / "schemas"


@pytest.mark.parametrize("values", VALUES)
def test_helm_finds_nothing_to_complain_about(values: str) -> None:
    result = helm("lint", "--strict", "--quiet", str(CHART), "-f", str(VALUES[values]))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("values", VALUES)
def test_every_object_is_valid(values: str, version: str) -> None:
    for entry in rendered(values, version):
        schema = SCHEMAS / f"{entry['apiVersion'].replace('/', '_')}_{entry['kind']}.json"
        if schema.exists():
            operator_validator(schema).validate(entry)
        else:
            kubernetes_validator(version, entry["kind"], entry["apiVersion"]).validate(entry)


@cache
def kubernetes_validator(version: str, kind: str, api: str) -> Draft202012Validator:
    """Strict, from the package's schemas; FileNotFoundError for a kind it does not know: nothing goes unlooked at."""
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api)
    resource = Resource.from_contents(schema_contents(f"{_folder(version)}/{kind.lower()}-{group}.json", version))
    return Draft202012Validator(resource.contents, registry=resource @ _definitions(version))


@cache
def _definitions(version: str) -> Any:
    return Resource.from_contents(schema_contents(f"{_folder(version)}/_definitions.json", version)) @ Registry()


def _folder(version: str) -> str:
    return f"kubernetes-json-schema/v{version}-local-strict"


def test_a_field_that_kubernetes_does_not_know_is_refused() -> None:
    deployment = next(entry for entry in rendered("pilot") if entry["kind"] == "Deployment")
    wrong = deployment | {"spec": deployment["spec"] | {"replica": 2}}
    with pytest.raises(jsonschema.ValidationError):
        kubernetes_validator(VERSIONS[0], "Deployment", "apps/v1").validate(wrong)


def test_a_field_that_an_operator_does_not_know_is_refused() -> None:
    """The test above would be worth nothing if the schemas let anything through."""
    kinds = {entry["kind"]: entry for values in VALUES for entry in rendered(values)}
    for schema in SCHEMAS.glob("*.json"):
        entry = kinds[schema.stem.rpartition("_")[2]]
        wrong = entry | {"spec": entry["spec"] | {"unheardOf": 1}}
        with pytest.raises(jsonschema.ValidationError, match="unheardOf"):
            operator_validator(schema).validate(wrong)


@cache
def operator_validator(schema: Path) -> Draft202012Validator:
    """Of one operator's kind, refusing what its schema does not name."""
    return Draft202012Validator(_strict(json.loads(schema.read_text(encoding="utf-8"))))


def _strict(schema: Any) -> Any:
    """The schema of an operator, refusing fields that it does not name."""
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: _strict(value) for key, value in schema.items()}
    if "properties" in copy and isinstance(copy["properties"], dict) and copy.get("type") == "object":
        free = copy.get("x-kubernetes-preserve-unknown-fields") or copy.get("additionalProperties")
        if not free and set(copy["properties"]) != set():
            copy["additionalProperties"] = False
    if copy.get("x-kubernetes-int-or-string"):
        copy.pop("type", None)
    return copy


def test_a_wrong_or_missing_value_is_told_by_name() -> None:
    pilot = str(VALUES["pilot"])
    for wrong, words in {
        "url=http://panel.example.no": "url",
        "urll=x": "urll",
        "prefix=Panel": "prefix",
        "services.surveys.replicas=13": "replicas",
        "postgres.mode=external": "host",
        "kafka.mode=external": "servers",
        "postgres.backup.enabled=true": "destination",
        "gateway.enabled=true": "name",
        "settings.PASSWORD=x": "PASSWORD",
        "traces.url=collector:4318": "url",
        "synthetic.enabled=true": "email",
    }.items():
        result = helm("template", "release", str(CHART), "-f", pilot, "--set", wrong)
        assert result.returncode != 0, wrong
        assert words in result.stderr, wrong
    assert helm("template", "release", str(CHART)).returncode != 0


def test_replicas_may_not_pass_the_partitions() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    services = schema["properties"]["services"]["properties"]
    assert set(services) == set(SERVICES)
    partitions = {topic.partitions for topic in read_topics()[0]}
    assert {entry["properties"]["replicas"]["maximum"] for entry in services.values()} == partitions


@pytest.mark.parametrize("values", VALUES)
def test_every_service_runs_hardened_and_with_resources(values: str) -> None:
    objects = rendered(values)
    by_name = pods(objects)
    assert {f"Deployment/{PREFIX[values]}-{service}" for service in SERVICES} <= set(by_name)
    accounts = of_kind(objects, "ServiceAccount")
    for name, pod in by_name.items():
        spec = pod["spec"]
        assert spec["serviceAccountName"] in accounts, name
        assert spec["automountServiceAccountToken"] is False
        # A Service named panel-… would be told to every pod as PANEL_… settings.
        assert spec["enableServiceLinks"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]
            # No two of a name, which only a real server refuses.
            mounts = sorted(mount["name"] for mount in container["volumeMounts"])
            assert mounts == sorted({volume["name"] for volume in spec["volumes"]})
            assert len(mounts) == len(spec["volumes"])
    assert not of_kind(objects, "Role")
    assert not of_kind(objects, "RoleBinding")
    assert not of_kind(objects, "Secret")


@pytest.mark.parametrize("values", VALUES)
def test_a_secret_is_named_and_never_written(values: str) -> None:
    for name, pod in pods(rendered(values)).items():
        for container in pod["spec"]["containers"]:
            for setting in container.get("env", []):
                secret = bool(re.search(r"PASSWORD|KEYS?$|SECRET|SMTP_URL|IMAP_URL", setting["name"]))
                # An administrator's name comes with the password.
                secret |= name.startswith("Job/") and setting["name"] == "PANEL_KAFKA_USERNAME"
                assert ("secretKeyRef" in setting.get("valueFrom", {})) == secret, (name, setting)


@pytest.mark.parametrize("values", ["pilot", "production", "shared-kafka"])
def test_topics_and_rights_are_those_of_the_local_stack(values: str) -> None:
    objects, prefix = rendered(values), PREFIX[values]
    topics, factor = read_topics(where="cluster")
    specs = [entry["spec"] for entry in of_kind(objects, "KafkaTopic").values()]
    assert sorted(specs, key=lambda spec: str(spec["topicName"])) == sorted(
        (
            {
                "topicName": f"{prefix}.{topic.name}",
                "partitions": topic.partitions,
                "replicas": factor,
                "config": topic.config,
            }
            for topic in topics
        ),
        key=lambda spec: str(spec["topicName"]),
    )
    granted = {
        (user, rule["resource"]["type"], rule["resource"]["name"], rule["resource"]["patternType"], operation)
        for user, entry in of_kind(objects, "KafkaUser").items()
        for rule in entry["spec"]["authorization"]["acls"]
        for operation in rule["operations"]
    }
    assert granted == {_rule(rule) for rule in access_rules(topics, prefix)}


def _rule(rule: Any) -> tuple[str, ...]:
    pattern = {"PREFIXED": "prefix", "LITERAL": "literal"}[rule.resource_pattern_type.name]
    return (
        rule.principal.removeprefix("User:"),
        rule.restype.name.lower(),
        rule.name,
        pattern,
        rule.operation.name.capitalize(),
    )


@pytest.mark.parametrize("values", VALUES)
def test_every_path_leads_to_the_service_of_the_table(values: str) -> None:
    objects, prefix = rendered(values), PREFIX[values]
    paths = {(path, f"{prefix}-{service}") for path, service in ROUTES}
    for route in of_kind(objects, "HTTPRoute").values():
        assert paths == {
            (match["path"]["value"], rule["backendRefs"][0]["name"])
            for rule in route["spec"]["rules"]
            for match in rule["matches"]
        }
    for ingress in of_kind(objects, "Ingress").values():
        (rule,) = ingress["spec"]["rules"]
        assert paths == {(row["path"], row["backend"]["service"]["name"]) for row in rule["http"]["paths"]}
    assert of_kind(objects, "HTTPRoute") or of_kind(objects, "Ingress")
    assert {name for _, name in paths} <= set(of_kind(objects, "Service"))


@pytest.mark.parametrize("values", ["pilot", "production", "external"])
def test_services_reach_what_the_map_says_and_never_each_other(values: str) -> None:
    objects, prefix = rendered(values), PREFIX[values]
    policies = {name: entry["spec"] for name, entry in of_kind(objects, "NetworkPolicy").items()}
    nothing = policies[f"{prefix}-nothing-else"]
    assert nothing["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in nothing
    assert "egress" not in nothing
    further = {"registration": [443], "notifications": [587, 993] if values == "production" else [587]}
    for service in SERVICES:
        policy = policies[f"{prefix}-{service}"]
        ports = sorted(port["port"] for rule in policy["egress"] for port in rule["ports"])
        assert ports == sorted([53, 53, 5432, 9093, *([4318] * (values == "production")), *further.get(service, [])])
        ours = [peer for rule in policy["egress"] for peer in rule.get("to", []) if _names_us(peer)]
        assert ours == []
        (way_in,) = policy["ingress"]
        assert [peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for peer in way_in["from"][2:]] == [
            "test"
        ]
    if values == "production":
        outside = policies[f"{prefix}-synthetic"]["egress"]
        assert [port["port"] for rule in outside for port in rule["ports"]] == [53, 53, 443, 993]
        assert not [peer for rule in outside for peer in rule.get("to", []) if _names_us(peer)]
    migrate = policies[f"{prefix}-migrate"]
    assert [port["port"] for rule in migrate["egress"] for port in rule["ports"]] == [53, 53, 5432]


def _names_us(peer: Object) -> bool:
    return "app.kubernetes.io/name" in peer.get("podSelector", {}).get("matchLabels", {})


def test_migrations_run_before_the_new_pods_and_beside_the_first_ones() -> None:
    (first,) = of_kind(rendered("pilot"), "Job").values()
    assert "annotations" not in first["metadata"]
    (later,) = of_kind(rendered("pilot", "1.37.0", "--is-upgrade"), "Job").values()
    assert later["metadata"]["annotations"]["helm.sh/hook"] == "pre-upgrade"
    # Another image, another job: an existing one cannot be changed.
    (other,) = of_kind(rendered("pilot", "1.37.0", "--set", "image.tag=next"), "Job").values()
    assert other["metadata"]["name"] != first["metadata"]["name"]


def test_uninstalling_leaves_the_data() -> None:
    for entry in rendered("production"):
        stays = entry["metadata"].get("annotations", {}).get("helm.sh/resource-policy") == "keep"
        assert stays == (
            entry["kind"] in ("Cluster", "Kafka", "KafkaNodePool", "KafkaTopic", "PersistentVolumeClaim")
        ), entry["kind"]


def test_connections_of_all_replicas_fit() -> None:
    """Each process keeps ``poolSize`` connections and may open as many again; one more during a rollout."""
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    processes = sum(service["replicas"] + 1 for service in values["services"].values())
    # The relay and the journal each hold one of their own; operators and people keep ten.
    assert processes * (2 * values["postgres"]["poolSize"] + 2) + 10 <= values["postgres"]["maxConnections"]


def test_every_value_is_used() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in (CHART / "templates").rglob("*") if file.is_file())
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    free = {"resources", "services", "settings", "profile"}
    # Whole paths, or what stands after a part of the values that a template holds under a name of its own.
    unused = [
        name for name in _leaves(values, free) if not re.search(rf"\.{name}\b|\$\w+\.{name.rpartition('.')[2]}\b", text)
    ]
    assert unused == []


def _leaves(values: Object, free: set[str], path: str = "") -> list[str]:
    leaves = []
    for name, value in values.items():
        deeper = isinstance(value, dict) and value and name not in free
        leaves += _leaves(value, free, f"{path}{name}\\.") if deeper else [f"{path}{name}"]
    return leaves
