"""Agenda and minutes: Markdown becomes HTML that can do nothing but be read."""

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
_TAGS = {
    "a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong", "table",
    "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
#: The page has the first two levels of headings.
_HEADINGS_DOWN = 2


def to_html(markdown: str) -> Markup:
    """The text as HTML inside a page: headings from h3, links but no pictures, scripts, styles or raw HTML."""
    tokens = _PARSER.parse(markdown)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + _HEADINGS_DOWN)}"
        elif token.type == "table_open":
            token.attrSet("class", "ds-table")
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "table": {"class"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow",
    )
    return Markup(clean)  # noqa: S704 - cleaned in the line above
