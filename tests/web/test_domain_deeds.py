"""The audit trail is in words people use: every deed of a service has its own."""

import re
from importlib import resources
from pathlib import Path

import pytest

from shared.cli import load_service
from shared.services import SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_every_deed_in_the_code_has_words_and_no_words_are_left_over(service: str) -> None:
    package = load_service(service).package
    deeds = set()
    for file in Path(str(resources.files(package))).rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if file.name != "deeds.py" and "audit(" in text:
            deeds |= set(re.findall(rf'"({service}\.[a-z_]+\.[a-z_]+)"', text))
            # Two deeds of notifications end as the decision does.
            endings = {"state": ("sent", "pending"), "action": ("paused", "resumed")}
            for start, name in re.findall(rf'f"({service}\.[a-z_.]+)\{{(state|action)\}}d?"', text):
                deeds |= {start + ending for ending in endings[name]}
    assert set(load_service(service).deeds) == deeds
