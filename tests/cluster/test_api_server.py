"""The chart at a real API server: every object admitted, pods allowed where only the most restricted are."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.services import SERVICES
from tests.cluster.api_server import KUBE, KUBECTL, ApiServer, api_server
from tests.cluster.chart import CHART, HELM, PREFIX, VALUES, pods, rendered

pytestmark = pytest.mark.skipif(
    not (KUBE.exists() and KUBECTL.exists() and HELM.exists()),
    reason="no Kubernetes built in the cache: docs/operating.md says how",
)
SCHEMAS = Path(__file__).parent / "schemas"
#: Made from real CRDs, so the server can hold objects against them; of the others it takes any field.
REAL = ("kafka.strimzi.io", "gateway.networking.k8s.io", "keda.sh")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A server that knows the operators' kinds, with a restricted namespace for each set of values."""
    with api_server(tmp_path_factory.mktemp("kube")) as running:
        definitions = [_definition(file) for file in sorted(SCHEMAS.glob("*.json"))]
        applied = running.kubectl("apply", "--server-side", "-f", "-", text=yaml.safe_dump_all(definitions))
        assert applied.returncode == 0, applied.stderr
        names = [entry["metadata"]["name"] for entry in definitions]
        result = running.kubectl(
            "wait", "--for", "condition=Established", "--timeout=60s", *(f"crd/{n}" for n in names)
        )
        assert result.returncode == 0, result.stderr
        restricted = {"pod-security.kubernetes.io/enforce": "restricted"}
        spaces = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": restricted}}
            for name in VALUES
        ]
        assert running.kubectl("apply", "-f", "-", text=yaml.safe_dump_all(spaces)).returncode == 0
        yield running


def _definition(file: Path) -> dict[str, Any]:
    group, version, kind = file.stem.rsplit("_", 2)
    plural = {"KafkaTopic": "kafkatopics", "Kafka": "kafkas"}.get(kind, f"{kind.lower()}s")
    plural = "objectstores" if kind == "ObjectStore" else plural
    schema = json.loads(file.read_text(encoding="utf-8"))
    if group not in REAL:
        schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{group}",
            # Groups of Kubernetes itself want to be told that this is meant.
            "annotations": {"api-approved.kubernetes.io": "unapproved, a test"},
        },
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


@pytest.mark.parametrize("values", VALUES)
def test_a_release_is_installed_and_leaves_only_data(server: ApiServer, values: str) -> None:
    place = ("--namespace", values)
    arguments = ("panel", str(CHART), "-f", str(VALUES[values]), *place, "--no-hooks")
    installed = server.run(str(HELM), "install", *arguments)
    assert installed.returncode == 0, installed.stderr
    deployments = set(server.kubectl("get", "deployments", "-o", "name", *place).stdout.split())
    assert {f"deployment.apps/{PREFIX[values]}-{service}" for service in SERVICES} <= deployments
    upgraded = server.run(str(HELM), "upgrade", *arguments, "--set", "image.tag=next")
    assert upgraded.returncode == 0, upgraded.stderr
    assert server.run(str(HELM), "uninstall", "panel", *place, "--no-hooks").returncode == 0
    for kind in ("deployments", "services", "networkpolicies", "configmaps", "serviceaccounts"):
        remains = server.kubectl("get", kind, "-o", "name", "-l", "app.kubernetes.io/name=innbyggerpanel", *place)
        assert remains.stdout == "", kind
    claims = server.kubectl("get", "persistentvolumeclaims", "-o", "name", *place).stdout.split()
    assert claims == [f"persistentvolumeclaim/{PREFIX[values]}-survey-keys"]


@pytest.mark.parametrize("values", VALUES)
def test_pods_are_admitted_where_only_restricted_ones_are(server: ApiServer, values: str) -> None:
    for number, (name, pod) in enumerate(pods(rendered(values)).items()):
        entry = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"try-{number}"}, "spec": pod["spec"]}
        result = server.kubectl("create", "--dry-run=server", "-f", "-", "-n", values, text=yaml.safe_dump(entry))
        assert result.returncode == 0, f"{name}: {result.stderr}"
    root = entry | {"spec": {**pod["spec"], "securityContext": {"runAsUser": 0}}}
    rejection = server.kubectl("create", "--dry-run=server", "-f", "-", "-n", values, text=yaml.safe_dump(root))
    assert "violates PodSecurity" in rejection.stderr


def test_an_unknown_field_is_refused_by_the_server(server: ApiServer) -> None:
    topic = next(entry for entry in rendered("pilot") if entry["kind"] == "KafkaTopic")
    wrong = topic | {"spec": topic["spec"] | {"partition": 12}}
    arguments = ("apply", "--server-side", "--validate=strict", "--dry-run=server", "-n", "pilot", "-f", "-")
    result = server.kubectl(*arguments, text=yaml.safe_dump(wrong))
    assert result.returncode != 0
    assert "partition" in result.stderr


def test_a_restore_stops_the_panel_makes_the_database_anew_and_starts(server: ApiServer) -> None:
    """The guide's commands, with hooks: a job that waited for the deleted database would hold the upgrade up."""
    place, values = ("--namespace", "production"), ("-f", str(VALUES["production"]))
    # The name that what is left from an earlier release belongs to.
    name, prefix = ("panel", str(CHART)), PREFIX["production"]

    def helm(*arguments: str) -> None:
        result = server.run(str(HELM), *arguments, *place)
        assert result.returncode == 0, result.stderr

    def running() -> set[int]:
        deployments = json.loads(server.kubectl("get", "deployments", "-o", "json", *place).stdout)
        return {entry["spec"]["replicas"] for entry in deployments["items"]}

    helm("install", *name, *values)
    assert 0 not in running()
    restore = ["postgres.restore.server=x", "postgres.restore.to=2026-11-01T08:00:00Z", "postgres.backup.server=y"]
    options = [part for setting in restore for part in ("--set", setting)]
    helm("upgrade", *name, *values, "--set", "stopped=true")
    assert running() == {0}
    assert server.kubectl("delete", "cluster", f"{prefix}-db", *place).returncode == 0
    helm("upgrade", *name, *values, *options, "--set", "stopped=true")
    assert running() == {0}
    bootstrap = server.kubectl("get", "cluster", f"{prefix}-db", "-o", "jsonpath={.spec.bootstrap}", *place).stdout
    assert "2026-11-01T08:00:00Z" in bootstrap
    assert server.kubectl("delete", "kafkatopic", "-l", f"app.kubernetes.io/instance={prefix}", *place).returncode == 0
    assert server.kubectl("get", "kafkatopic", "-o", "name", *place).stdout == ""
    # Nothing here runs the job that migrates first, so what it would have waited for is left out.
    helm("upgrade", *name, *values, *options, "--no-hooks")
    assert 0 not in running()
    assert server.kubectl("get", "kafkatopic", "-o", "name", *place).stdout.count("\n") == 13
