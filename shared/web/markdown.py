"""Long texts by staff: Markdown becomes HTML that can only be read."""

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
_TAGS = {
    "a", "blockquote", "br", "code", "div", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


def to_html(markdown: str, headings_down: int = 2) -> Markup:
    """The text as HTML inside a page, with links but no pictures, scripts, styles or raw HTML.

    Headings stand ``headings_down`` levels below what was written: the page has the first ones itself.
    """
    tokens = _with_frames(_PARSER.parse(markdown))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + headings_down)}"
        elif token.type == "table_open":
            token.attrSet("class", "ds-table")
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "table": {"class"}, "div": {"class", "tabindex", "role", "aria-label"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow",
    )
    return Markup(clean)  # noqa: S704 - cleaned in the line above


def _with_frames(tokens: list[Token]) -> list[Token]:
    """Each table in a frame that scrolls sideways on a narrow screen, named by the table's head."""
    framed: list[Token] = []
    for place, token in enumerate(tokens):
        if token.type == "table_open":
            end = next(n for n in range(place, len(tokens)) if tokens[n].type == "thead_close")
            head = [cell.content for cell in tokens[place:end] if cell.type == "inline" and cell.content]
            named = ", ".join(head)
            frame = Token("div_open", "div", 1, block=True)
            for name, value in (("class", "panel-table"), ("tabindex", "0"), ("role", "region"), ("aria-label", named)):
                frame.attrSet(name, value)
            framed.append(frame)
        framed.append(token)
        if token.type == "table_close":
            framed.append(Token("div_close", "div", -1, block=True))
    return framed
