"""What the style sheet does on paper and where colours are forced, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from deploy.local.browser import FLAGS
from deploy.local.browser import chromium as find_chromium
from deploy.web.build import static_folder

_PAGE = """<nav class="panel-places"><a class="ds-link" href="/a" aria-current="page">A</a>
<a class="ds-link" href="/b">B</a></nav>
<main class="panel-main">
<form class="panel-find" style="display: grid"><label>Finn en person</label><input></form>
<form><section class="ds-card"><h2 class="ds-heading">Side 1</h2>
<p class="panel-actions"><select><option>Tall</option></select></p>
<button class="ds-button" type="submit">Slett</button></section></form>
<div class="panel-table"><table class="ds-table"><caption>Slik leser vi filen. Se at bokstavene er riktige.</caption>
<tr><td>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx</td></tr></table></div>
<details class="ds-details panel-help"><summary>Slik gjør du det</summary></details>
</main>"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    where, static = find_chromium(), static_folder()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=where, args=FLAGS)
        page = chromium.new_page()
        page.set_content(_PAGE)
        for name in ("designsystemet", "theme", "panel"):
            page.add_style_tag(path=static / f"{name}.css")
        yield page
        chromium.close()


def test_paper_has_what_is_shown_and_not_what_is_pressed_or_filled_in(page: Page) -> None:
    page.emulate_media(media="print")
    assert page.get_by_role("heading", name="Side 1").is_visible()
    for words in ("Finn en person", "Slett", "Slik gjør du det"):
        assert not page.get_by_text(words).is_visible(), words
    assert not page.locator("select").is_visible()
    table = "element => getComputedStyle(element).breakInside"
    assert page.locator("table").evaluate(table) == "auto", "a long table goes on over the page"


def test_only_the_place_where_one_is_has_a_border_where_colours_are_forced(page: Page) -> None:
    page.emulate_media(media="screen", forced_colors="active")
    colour = "element => getComputedStyle(element).borderInlineStartColor"
    here, there = (page.locator(f".panel-places a[href='/{name}']").evaluate(colour) for name in "ab")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert there == background != here


def test_what_a_table_says_of_itself_is_read_whole_on_a_phone(page: Page) -> None:
    page.emulate_media(media="screen", forced_colors="none")
    page.set_viewport_size({"width": 360, "height": 640})
    caption = page.locator("caption")
    assert page.locator("table").evaluate("table => table.scrollWidth") > 360, "the columns scroll"
    for scrolled in (0, 100):
        page.locator(".panel-table").evaluate(f"frame => frame.scrollLeft = {scrolled}")
        box = caption.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
