"""Long lists for staff: filter, order and page live in the address, so that a list can be linked and gone back to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request

PER_PAGE = 50


@dataclass(frozen=True)
class ListView:
    """What the address asks for: known filters with known values, a known order, a page from 1."""

    path: str
    filters: Mapping[str, str]
    order: str
    page: int

    @property
    def offset(self) -> int:
        """Rows before this page."""
        return (self.page - 1) * PER_PAGE

    def link(self, **changes: str | int) -> str:
        """The list's address with these changes; an empty value takes a filter away, and filters start at page 1."""
        values: dict[str, str | int] = {**self.filters, "order": self.order, "page": self.page}
        if "page" not in changes:
            values["page"] = 1
        values |= changes
        kept = {
            name: value for name, value in values.items() if value not in ("", None) and (name, value) != ("page", 1)
        }
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    def pages(self, total: int) -> int:
        """Number of pages for this many rows, at least 1."""
        return max(1, -(-total // PER_PAGE))


def list_view(request: Request, filters: Mapping[str, Sequence[str]], orders: Sequence[str]) -> ListView:
    """The view the address asks for; unknown filters, values, orders and pages are left out, never an error."""
    asked = request.query_params
    chosen = {name: asked[name] for name, allowed in filters.items() if asked.get(name) in allowed}
    order = asked.get("order", "")
    page = asked.get("page", "1")
    return ListView(
        request.url.path,
        chosen,
        order if order in orders else orders[0],
        min(max(int(page), 1), 100_000) if page.isascii() and page.isdigit() else 1,
    )
