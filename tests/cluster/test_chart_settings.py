"""What the chart tells the services is what they take: settings that exist, and a profile that can be read."""

from pathlib import Path

import pytest

from shared.profile import load_profile
from shared.settings import Settings
from tests.cluster.chart import PREFIX, VALUES, needs_helm, of_kind, pods, rendered

pytestmark = needs_helm


@pytest.mark.parametrize("values", VALUES)
def test_the_profile_is_one_that_the_services_read(values: str, tmp_path: Path) -> None:
    objects, prefix = rendered(values), PREFIX[values]
    files = of_kind(objects, "ConfigMap")[f"{prefix}-profile"]["data"]
    (volume,) = [v for v in pods(objects)[f"Deployment/{prefix}-surveys"]["spec"]["volumes"] if v["name"] == "profile"]
    for item in volume["configMap"]["items"]:
        target = tmp_path / item["path"]
        target.parent.mkdir(exist_ok=True)
        target.write_text(files[item["key"]], encoding="utf-8")
    profile = load_profile(tmp_path)
    assert (profile.number, profile.name) == ("3201", "Bærum kommune")
    if values == "production":
        assert profile.texts["front"]["nb"] == "Velkommen."


@pytest.mark.parametrize("values", VALUES)
def test_the_settings_are_ones_that_the_services_take(values: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that no service knows would be ignored in silence."""
    names = {f"PANEL_{name}".upper() for name in Settings.model_fields}
    objects, prefix = rendered(values), PREFIX[values]
    settings = dict(of_kind(objects, "ConfigMap")[f"{prefix}-settings"]["data"])
    assert set(settings) <= names
    # Files of the cluster are not here.
    for name, value in settings.items():
        if name not in ("PANEL_KAFKA_CA_FILE", "PANEL_PROFILE", "PANEL_ENVIRONMENT"):
            monkeypatch.setenv(name, value)
    assert Settings().trusted_gateways == ("10.0.0.0/8",)


@pytest.mark.parametrize("values", VALUES)
def test_a_stopped_panel_has_no_pod_and_waits_for_nothing(values: str) -> None:
    """While the database is restored: a pod would read what Kafka is ahead of, a hook would wait for what is gone."""
    stopped = rendered(values, "1.37.0", "--set", "stopped=true")
    assert {entry["spec"]["replicas"] for entry in of_kind(stopped, "Deployment").values()} == {0}
    kinds = {entry["kind"] for entry in stopped}
    assert kinds.isdisjoint({"Job", "HorizontalPodAutoscaler", "ScaledObject"})
    assert "Service" in kinds
