"""Long lists for staff: filter, order and page live in the address, so that a list can be linked and gone back to.

The same address with ``form=csv`` or ``form=xlsx`` is the whole list as a file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

from shared.database import Rows
from shared.web.tables import FORMATS

PER_PAGE = 50

Statement = TypeVar("Statement", bound=Rows)


@dataclass(frozen=True)
class ListView:
    """What the address asks for: known filters with known values, a known order, a page from 1 or a file."""

    path: str
    filters: Mapping[str, str]
    order: str
    page: int
    form: str = ""
    """One of ``FORMATS`` for a file, else empty."""

    @property
    def offset(self) -> int:
        """Number of rows before this page."""
        return (self.page - 1) * PER_PAGE

    def part(self, rows: Statement) -> Statement:
        """The rows of this page; every row for a file."""
        return rows if self.form else rows.offset(self.offset).limit(PER_PAGE)

    def link(self, **changes: str | int) -> str:
        """The list's address with these changes; an empty value takes a filter away, and filters start at page 1."""
        values = {**self.filters, "order": self.order, "page": 1, **changes}
        query = {name: value for name, value in values.items() if value != "" and (name, value) != ("page", 1)}
        return f"{self.path}?{urlencode(query)}" if query else self.path

    def pages(self, total: int) -> int:
        """Number of pages for this many rows, at least 1."""
        return max(1, -(-total // PER_PAGE))


def list_view(request: Request, filters: Mapping[str, Sequence[str]], orders: Sequence[str]) -> ListView:
    """The view the address asks for; unknown filters, values, orders and pages are left out, never an error."""
    query = request.query_params
    choices = {name: query[name] for name, allowed in filters.items() if query.get(name) in allowed}
    order = query.get("order", "")
    page, form = query.get("page", "1"), query.get("form", "")
    return ListView(
        request.url.path,
        choices,
        order if order in orders else orders[0],
        min(max(int(page), 1), 100_000) if page.isascii() and page.isdigit() else 1,
        form if form in FORMATS else "",
    )
