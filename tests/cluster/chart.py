"""The chart as objects: rendered by the real helm, for each set of values under ``values/``."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.downloads import ROOT, cache_folder

CHART = ROOT / "deploy" / "chart"
VALUES = {file.stem: file for file in sorted((Path(__file__).parent / "values").glob("*.yaml"))}
#: Prefix that each set of values installs under.
PREFIX = {name: yaml.safe_load(file.read_text("utf-8")).get("prefix", "panel") for name, file in VALUES.items()}
HELM = cache_folder() / "bin" / "helm"

needs_helm = pytest.mark.skipif(not HELM.exists(), reason="helm is not installed: run `make install-check`")

Object = dict[str, Any]


def helm(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """One run of helm, whatever its outcome."""
    return subprocess.run([str(HELM), *arguments], capture_output=True, text=True, check=False, timeout=60)


@cache
def rendered(values: str, version: str = "1.37.0", *more: str) -> tuple[Object, ...]:
    """Every object of the chart for one set of values; ``more`` are further arguments of `helm template`."""
    result = helm("template", "release", str(CHART), "-f", str(VALUES[values]), "--kube-version", version, *more)
    assert result.returncode == 0, result.stderr
    return tuple(document for document in yaml.safe_load_all(result.stdout) if document)


def of_kind(objects: tuple[Object, ...], kind: str) -> dict[str, Object]:
    """Those of a kind, by name; no name twice."""
    entries = [entry for entry in objects if entry["kind"] == kind]
    named = {str(entry["metadata"]["name"]): entry for entry in entries}
    assert len(named) == len(entries)
    return named


def pods(objects: tuple[Object, ...]) -> dict[str, Object]:
    """Pod template (or pod) of every workload, by kind and name."""
    templates = {
        f"{entry['kind']}/{entry['metadata']['name']}": entry["spec"]["template"]
        for entry in objects
        if entry["kind"] in ("Deployment", "Job")
    }
    return templates | {f"Pod/{name}": pod for name, pod in of_kind(objects, "Pod").items()}
