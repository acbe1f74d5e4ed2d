"""The web shell: pages, forms, languages, staff and pictures, the same for every service."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.service import Runtime
from shared.web.app import build_app
from shared.web.forms import BadForm, Form, FormErrors, as_id, read_form, rule_broken, validate
from shared.web.i18n import N_
from shared.web.limits import TooMany, client_address
from shared.web.pages import problem, render, see_other, translate
from shared.web.staff import Staff, audit, audit_of, ended_sessions, staff_required

__all__ = [
    "N_",
    "BadForm",
    "Form",
    "FormErrors",
    "Request",
    "Response",
    "Route",
    "Staff",
    "TooMany",
    "as_id",
    "audit",
    "audit_of",
    "build_app",
    "client_address",
    "ended_sessions",
    "problem",
    "read_form",
    "render",
    "rule_broken",
    "runtime",
    "see_other",
    "staff_required",
    "translate",
    "validate",
]


def runtime(request: Request) -> Runtime:
    """The process's runtime: ``transaction()``, ``now()``, ``links``, ``sealed``, ``settings``."""
    found: Runtime = request.app.state.runtime
    return found
