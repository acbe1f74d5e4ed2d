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
from shared.web.forms import Form, FormErrors, as_id, read_form, validate
from shared.web.links import check_link, held_generation, hold_link
from shared.web.lists import ListView, list_view
from shared.web.pages import or_404, problem, render, runtime, see_other, translate
from shared.web.role_pages import role_pages
from shared.web.staff import audit, audit_of, ended_sessions, staff_required
from shared.web.tables import file_format, table_file
