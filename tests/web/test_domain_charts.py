"""Pictures: what they say in words, where labels stand, and what the eye can tell apart."""

import re
from pathlib import Path
from xml.etree import ElementTree

from shared.web import charts

SVG = "{http://www.w3.org/2000/svg}"
CSS = (Path(charts.__file__).parent / "static" / "panel.css").read_text(encoding="utf-8")


def percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def words(picture: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_a_picture_is_an_image_with_the_finding_as_title_and_the_figures_as_description() -> None:
    picture = charts.bars("De fleste <går>", "Jeg går: 7; Jeg kjører: 3", [("Jeg går", 7, 0.7)], percent)
    root = ElementTree.fromstring(picture)
    assert root.get("role") == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert (title.text, description.text) == ("De fleste <går>", "Jeg går: 7; Jeg kjører: 3")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert words(picture) == ["Jeg går", "70 % (7)"]


def height(picture: str) -> int:
    (found,) = re.findall(r'viewBox="0 0 440 (\d+)"', picture)
    return int(found)


def test_a_long_label_is_written_on_more_lines_and_the_bar_moves_down() -> None:
    long = "Kommunen bør først og fremst bruke pengene på å gjøre det trygt å sykle og gå til skolen hele året"
    picture = charts.bars("T", "D", [(long, 7, 0.7), ("Nei", 3, 0.3)], percent)
    lines = words(picture)
    assert " ".join(lines[:2]) == long
    assert all(len(line) <= 54 for line in lines)
    assert height(picture) > height(charts.bars("T", "D", [("Ja", 7, 0.7), ("Nei", 3, 0.3)], percent))


def test_a_share_the_population_does_not_have_has_no_mark() -> None:
    picture = charts.panel_against_population("T", "D", [("Kvinner", 0.6, 0.5), ("Annet", 0.05, None)], percent)
    assert picture.count('class="target"') == 1
    assert words(picture) == ["Kvinner", "60 % / 50 %", "Annet", "5 %"]


def test_the_target_line_says_that_it_is_the_target() -> None:
    picture = charts.line("T", "D", [("", 0), ("1.3.", 40)], 100, ("Mål: 100", 100))
    assert "Mål: 100" in words(picture)
