"""The web shell: pages, forms, languages, staff and pictures, the same for every service."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.rules import N_, rule_broken
from shared.web import robots
from shared.web.again import show_again, typed_before
from shared.web.app import build_app
from shared.web.audit_pages import audit_pages
from shared.web.dead_letter_pages import dead_letter_pages, events_at_fault
from shared.web.forms import BadForm, Form, FormErrors, as_id, read_form, validate
from shared.web.limits import TooMany, client_address
from shared.web.links import check_link, held_generation, hold_link
from shared.web.lists import ListView, list_view
from shared.web.pages import or_404, problem, render, runtime, see_other, translate
from shared.web.role_pages import role_pages
from shared.web.staff import Staff, audit, audit_of, ended_sessions, staff_required
from shared.web.tables import file_format, table_file

__all__ = [
    "N_",
    "BadForm",
    "Form",
    "FormErrors",
    "ListView",
    "Request",
    "Response",
    "Route",
    "Staff",
    "TooMany",
    "as_id",
    "audit",
    "audit_of",
    "audit_pages",
    "build_app",
    "check_link",
    "client_address",
    "dead_letter_pages",
    "ended_sessions",
    "events_at_fault",
    "file_format",
    "held_generation",
    "hold_link",
    "list_view",
    "or_404",
    "problem",
    "read_form",
    "render",
    "robots",
    "role_pages",
    "rule_broken",
    "runtime",
    "see_other",
    "show_again",
    "staff_required",
    "table_file",
    "translate",
    "typed_before",
    "validate",
]
