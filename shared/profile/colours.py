"""A light and a dark theme from one accent colour, with the contrast that reading needs whatever the colour is.

Each token has a luminance of its own (WCAG 2.2), so contrast between two tokens is the same for every accent; hue and
strength come from the accent. The accent itself is used as it is where text and buttons can be read on it.
"""

import base64
import hashlib
import math
from collections.abc import Mapping
from functools import lru_cache

_LIGHT: Mapping[str, float] = {
    "background-default": 1.0, "background-tinted": 0.92, "surface-default": 1.0, "surface-tinted": 0.84,
    "surface-hover": 0.75, "surface-active": 0.65, "border-subtle": 0.52, "border-default": 0.19,
    "border-strong": 0.115, "text-subtle": 0.115, "text-default": 0.03,
}  # fmt: skip
_DARK: Mapping[str, float] = {
    "background-default": 0.009, "background-tinted": 0.014, "surface-default": 0.019, "surface-tinted": 0.027,
    "surface-hover": 0.038, "surface-active": 0.055, "border-subtle": 0.08, "border-default": 0.22,
    "border-strong": 0.42, "text-subtle": 0.42, "text-default": 0.82,
}  # fmt: skip
#: Lightest a base colour may be under white text, and darkest text in the dark theme.
_BASE_LIGHT, _BASE_DARK = 0.165, 0.33
#: Strength left in neutrals: enough to belong to the accent, too little to be called a colour.
_NEUTRAL = 0.012
#: Luminance of five steps from least to most; the low end has the opposite hue, the middle none.
_STEPS = (0.15, 0.40, 0.68, 0.40, 0.135)


def luminance(colour: str) -> float:
    """Relative luminance between 0 (black) and 1 (white)."""
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@lru_cache(maxsize=8)
def theme(accent: str) -> Mapping[str, Mapping[str, str]]:
    """``{"light": {"accent-text-default": "#…", …}, "dark": …}`` of an accent ``#rrggbb``."""
    strength, hue = _strength_and_hue(accent)
    return {"light": _scheme(accent, strength, hue, dark=False), "dark": _scheme(accent, strength, hue, dark=True)}


def _scheme(accent: str, strength: float, hue: float, *, dark: bool) -> Mapping[str, str]:
    colours: dict[str, str] = {}
    for name, level in (_DARK if dark else _LIGHT).items():
        # A tint as strong as the accent would shout over a whole page.
        tint = strength if name.startswith(("border", "text-subtle")) else min(strength, 0.011 + 0.03 * (1 - level))
        colours[f"accent-{name}"] = _of(level, tint, hue)
        colours[f"neutral-{name}"] = _of(level, min(strength, _NEUTRAL), hue)
    mine = luminance(accent)
    base = max(mine, _BASE_DARK) if dark else min(mine, _BASE_LIGHT)
    base = min(base, 0.6)
    exact = accent.lower() if base == mine else _of(base, strength, hue)
    colours |= {
        "accent-base-default": exact,
        "accent-base-hover": _of(base * 1.25 if dark else base * 0.7, strength, hue),
        "accent-base-active": _of(base * 1.5 if dark else base * 0.5, strength, hue),
        "accent-base-contrast-default": "#000000" if dark else "#ffffff",
        "accent-base-contrast-subtle": _of(0.004 if dark else 0.92, min(strength, 0.035), hue),
    }
    far = (hue + math.pi) % (2 * math.pi)
    for place, level in enumerate(_STEPS):
        colours[f"step-{place}"] = _of(level, 0.11 if place != 2 else 0.0, far if place < 2 else hue)
    colours["second"] = _of(0.45 if dark else 0.17, 0.12, far)
    return colours


@lru_cache(maxsize=8)
def theme_css(accent: str) -> str:
    """The theme as custom properties, for both schemes; goes after the library's own theme."""
    light, dark = (
        "".join(f"--ds-color-{name}:{value};" if not _ours(name) else f"--panel-{name}:{value};" for name, value in one)
        for one in (theme(accent)["light"].items(), theme(accent)["dark"].items())
    )
    return (
        f":root,[data-color-scheme]{{{light}}}"
        f"@media (prefers-color-scheme:dark){{:root,[data-color-scheme=auto]{{{dark}}}}}"
    )


@lru_cache(maxsize=8)
def style_hash(accent: str) -> str:
    """SHA-256 of ``theme_css`` in base64, by which a content policy lets this one style through."""
    return base64.b64encode(hashlib.sha256(theme_css(accent).encode()).digest()).decode()


def _ours(name: str) -> bool:
    return name == "second" or name.startswith("step-")


def _strength_and_hue(colour: str) -> tuple[float, float]:
    """Chroma and hue (radians) in OKLab."""
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return math.hypot(a, b), math.atan2(b, a)


def _of(level: float, strength: float, hue: float) -> str:
    """The colour of this luminance and hue, as strong as the screen can show up to ``strength``."""
    for share in (1.0, 0.8, 0.6, 0.4, 0.2, 0.0):
        colour = _find(level, strength * share, hue)
        if colour is not None:
            return colour
    raise AssertionError("grey of any luminance can be shown")


def _find(level: float, chroma: float, hue: float) -> str | None:
    low, high = 0.0, 1.0
    for _ in range(24):
        middle = (low + high) / 2
        if _level(_rgb(middle, chroma, hue)) < level:
            low = middle
        else:
            high = middle
    rgb = _rgb((low + high) / 2, chroma, hue)
    if any(part < -0.002 or part > 1.002 for part in rgb):
        return None
    return "#" + "".join(f"{round(255 * _gamma(min(1.0, max(0.0, part)))):02x}" for part in rgb)


def _level(rgb: tuple[float, float, float]) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def _rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Linear red, green and blue, which may lie outside 0 to 1."""
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else float(1.055 * part ** (1 / 2.4) - 0.055)
