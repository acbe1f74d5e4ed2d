"""The web shell, the same for every service.

Here is what every page uses; forms, lists, tables, links and staff are taken from the modules of these names.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.rules import N_, rule_broken
from shared.web import robots
from shared.web.app import build_app
from shared.web.audit_pages import audit_pages
from shared.web.dead_letter_pages import dead_letter_pages, events_at_fault
from shared.web.pages import attached, or_404, problem, render, runtime, see_other, translate
from shared.web.role_pages import role_pages
