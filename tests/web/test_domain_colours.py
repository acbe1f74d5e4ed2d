"""Any accent a municipality chooses can be read, light and dark."""

import re
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from shared.profile.colours import luminance, theme, theme_css

CSS = (Path(__file__).parents[2] / "shared" / "web" / "static" / "panel.css").read_text(encoding="utf-8")
(STEP_LINE,) = re.findall(r'\[class\^="step-"\] \{ stroke: (#[0-9a-f]{6})', CSS)

_COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
_SURFACES = ("background-default", "background-tinted", "surface-default", "surface-tinted")
#: Token -> least contrast (WCAG 1.4.3 and 1.4.11) against every surface it may lie on.
_ON_SURFACES = {"text-default": 7.0, "text-subtle": 4.5, "border-strong": 4.5}


def contrast(colour: str, other: str) -> float:
    """Contrast ratio of two colours ``#rrggbb`` (WCAG 2.2), from 1 to 21."""
    high, low = sorted((luminance(colour), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@given(_COLOURS)
@example("#ffffff")
@example("#000000")
@example("#ffff00")
@example("#0000ff")
@example("#767676")
def test_text_buttons_and_borders_of_any_accent_can_be_seen(accent: str) -> None:
    for scheme in theme(accent).values():
        for part in ("accent", "neutral"):
            for name, least in _ON_SURFACES.items():
                for surface in _SURFACES:
                    pair = scheme[f"{part}-{name}"], scheme[f"{part}-{surface}"]
                    assert contrast(*pair) >= least, (part, name, surface, pair)
            assert contrast(scheme[f"{part}-border-default"], scheme[f"{part}-background-tinted"]) >= 3
        for state in ("default", "hover", "active"):
            button = scheme[f"accent-base-{state}"]
            assert contrast(button, scheme["accent-base-contrast-default"]) >= 4.5, (state, button)
        assert contrast(scheme["accent-base-default"], scheme["accent-background-default"]) >= 4.5
        assert contrast(scheme["second"], scheme["neutral-surface-default"]) >= 3


@given(_COLOURS)
def test_figures_on_the_steps_of_a_scale_can_be_read(accent: str) -> None:
    for scheme in theme(accent).values():
        for place in range(5):
            ink = "#ffffff" if place in (0, 4) else "#111111"
            assert contrast(scheme[f"step-{place}"], ink) >= 4.5, place
            # The steps are told apart by the dark line between them, without hue.
            assert contrast(scheme[f"step-{place}"], STEP_LINE) >= 3, place


@given(_COLOURS)
def test_a_bar_stands_out_from_its_ground(accent: str) -> None:
    for scheme in theme(accent).values():
        assert contrast(scheme["accent-base-default"], scheme["accent-surface-active"]) >= 3


def test_an_accent_that_can_be_read_is_used_as_it_is() -> None:
    assert theme("#1f5c53")["light"]["accent-base-default"] == "#1f5c53"
    assert "--ds-color-accent-base-default:#1f5c53" in theme_css("#1f5c53")
