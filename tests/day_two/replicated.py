"""The local stack with two processes of each service behind the gateway: ``python -m tests.day_two.replicated``.

What ``changed.json`` in the state folder says of a service's settings holds for each process that starts after it.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy.local.main import main
from deploy.local.process import Process
from deploy.local.stack import Stack

CHANGED = "changed.json"


class _Changing(Mapping[str, str]):
    """An environment that is looked up when a process starts."""

    def __init__(self, given: Mapping[str, str], file: Path, service: str) -> None:
        self._given = given
        self._file = file
        self._service = service

    def _now(self) -> dict[str, str]:
        settings = json.loads(self._file.read_text(encoding="utf-8")) if self._file.exists() else {}
        return {**self._given, **settings.get(self._service, {})}

    def __getitem__(self, name: str) -> str:
        return self._now()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())


class ReplicatedStack(Stack):
    """As a cluster runs it."""

    replicas = 2

    def python(self, name: str, environment: dict[str, str], module: str, *arguments: str) -> Process:
        process = super().python(name, environment, module, *arguments)
        process.environment = _Changing(environment, self.state / CHANGED, name.partition(" ")[0])
        return process


if __name__ == "__main__":
    sys.exit(main(ReplicatedStack))
