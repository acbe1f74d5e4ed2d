"""Pictures: what they say in words, where labels stand, and what the eye can tell apart."""

import re
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from shared.web import charts
from shared.web.i18n import language

SVG = "{http://www.w3.org/2000/svg}"
CSS = (Path(charts.__file__).parent / "static" / "panel.css").read_text(encoding="utf-8")


NB = language("nb", ZoneInfo("Europe/Oslo"), [])


def words(picture: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_a_picture_is_an_image_with_the_finding_as_title_and_the_figures_as_description() -> None:
    picture = charts.bars("De fleste <går>", "Jeg går: 7; Jeg kjører: 3", [("Jeg går", 7, 0.7)], NB)
    root = ElementTree.fromstring(picture)
    assert root.get("role") == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert (title.text, description.text) == ("De fleste <går>", "Jeg går: 7; Jeg kjører: 3")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert words(picture) == ["Jeg går", "70\u00a0% (7)"]


def test_figures_of_pictures_are_written_as_those_of_tables() -> None:
    days = [("2027-01-01", {"brev": 1_000}), ("2027-01-02", {"brev": 12_345})]
    labels = [
        *words(charts.bars("T", "D", [("Ja", 1_234, 0.7)], NB)),
        *words(charts.stacked("T", "D", [("Lav", 1), ("Høy", 1)], ("Vet ikke", 2_345), NB)),
        *words(charts.line("T", "D", [("", 0), ("1.3.", 3_456)], 4_000, None, NB)),
        *words(charts.stacked_growth("T", "D", days, str, NB)),
    ]
    assert {"70\u00a0% (1\u00a0234)", "100\u00a0% (2\u00a0345)", "3\u00a0456", "brev: 12\u00a0345"} <= set(labels)


def height(picture: str) -> int:
    (pixels,) = re.findall(r'viewBox="0 0 440 (\d+)"', picture)
    return int(pixels)


def test_a_long_label_is_written_on_more_lines_and_the_bar_moves_down() -> None:
    long = "Kommunen bør først og fremst bruke pengene på å gjøre det trygt å sykle og gå til skolen hele året"
    picture = charts.bars("T", "D", [(long, 7, 0.7), ("Nei", 3, 0.3)], NB)
    lines = words(picture)
    assert " ".join(lines[:2]) == long
    assert all(len(line) <= 54 for line in lines)
    assert height(picture) > height(charts.bars("T", "D", [("Ja", 7, 0.7), ("Nei", 3, 0.3)], NB))


def test_a_share_the_population_does_not_have_has_no_mark() -> None:
    picture = charts.panel_against_population("T", "D", [("Kvinner", 0.6, 0.5), ("Annet", 0.05, None)], NB)
    assert picture.count('class="target"') == 1
    assert picture.count('class="gap"') == 1, "the mark on the bar is seen"
    assert 'class="gap"' not in charts.panel_against_population("T", "D", [("Kvinner", 0.4, 0.5)], NB)
    assert words(picture) == ["Kvinner", "60\u00a0% / 50\u00a0%", "Annet", "5\u00a0%"]


def test_the_target_line_says_that_it_is_the_target() -> None:
    picture = charts.line("T", "D", [("", 0), ("1.3.", 40)], 100, ("Mål: 100", 100), NB)
    assert "Mål: 100" in words(picture)


def test_every_shape_of_a_chart_has_a_colour_of_its_own_where_colours_are_forced() -> None:
    """There a picture keeps the page's own colours, which may be the background's: a curve was invisible."""
    pictures = [
        charts.bars("t", "d", [("a", 1, 0.5)], NB),
        charts.panel_against_population("t", "d", [("a", 0.3, 0.2)], NB),
        charts.line("t", "d", [("a", 1), ("b", 2)], 3, ("c", 3), NB),
        charts.stacked("t", "d", [(name, 2) for name in "abcde"], ("f", 1), NB),
        charts.stacked_growth(
            "t", "d", [(f"2027-01-0{day}", dict.fromkeys("abcdef", day)) for day in (1, 2)], lambda day: str(day), NB
        ),
    ]
    forced = CSS.partition("@media (forced-colors: active) {")[2].partition("@media")[0]
    families = {re.sub(r"[0-9]+$", "", name) for name in re.findall(r'class="([a-z0-9-]+)"', "".join(pictures))}
    families.discard("panel-chart")
    assert families >= {"mark", "rest", "line", "target", "axis", "step-", "on-step-", "part-"}
    missing = {name for name in families if f".panel-chart .{name}" not in forced and f'^="{name}"' not in forced}
    assert missing == set()


def test_a_word_of_seventy_letters_stays_within_every_chart() -> None:
    word = "x" * 70
    for chart in (
        charts.bars("t", "d", [(word, 1, 0.5)], NB),
        charts.panel_against_population("t", "d", [(word, 0.2, 0.3)], NB),
        charts.stacked("t", "d", [(word, 2), (word, 3)], None, NB),
    ):
        assert not re.search("x{56}", chart)


def test_a_picture_alone_brings_the_colours_of_all_it_draws() -> None:
    for picture in (
        charts.bars("T", "D", [("Ja", 7, 0.7)], NB),
        charts.stacked("T", "D", [(str(step), 9) for step in range(5)], ("Vet ikke", 3), NB),
    ):
        whole = charts.alone(picture, "#1f5c53")
        ElementTree.fromstring(whole)
        style = whole[whole.index("<style>") : whole.index("</style>")]
        light, _, dark = style.partition("@media (prefers-color-scheme:dark)")
        for name in set(re.findall('class="([^"]+)"', whole)) - {"panel-chart"}:
            assert f".{name}{{fill:#" in light
            assert f".{name}{{fill:#" in dark
