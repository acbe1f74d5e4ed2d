"""A mock sign-in for staff: an OIDC provider where anybody may be one of six people. Local use only."""

import json
import sys
from pathlib import Path

from deploy.local.environment import plain_environment
from deploy.local.process import Process

OIDC_CLIENT = "innbyggerpanel"

#: Subject, name and roles of the people who can sign in.
USERS = (
    {"sub": "leser", "name": "Lene Leser", "email": "leser@example.org", "roles": ["reader"]},
    {"sub": "redaktor", "name": "Rune Redaktør", "email": "redaktor@example.org", "roles": ["editor"]},
    {"sub": "analytiker", "name": "Arne Analytiker", "email": "analytiker@example.org", "roles": ["analyst"]},
    {"sub": "trekker", "name": "Tone Trekker", "email": "trekker@example.org", "roles": ["selector"]},
    {"sub": "styrer", "name": "Stine Styrer", "email": "styrer@example.org", "roles": ["admin"]},
    {"sub": "personvern", "name": "Pia Personvern", "email": "personvern@example.org", "roles": ["dpo"]},
)


def sign_in_process(state: Path, port: int) -> Process:
    """The provider's process on the loopback ``port``."""
    people = [part for user in USERS for part in ("--user-claims", json.dumps(user))]
    command = [sys.executable, "-m", "oidc_provider_mock", "--host", "127.0.0.1", "--port", str(port), *people]
    return Process("sign-in", command, state / "logs" / "sign-in.log", plain_environment(), stop_seconds=5)
