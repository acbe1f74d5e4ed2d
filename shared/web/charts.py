"""Pictures made on the server: SVG text with title, description and figures, the same for page and print.

Colours and fonts come from classes (the content policy allows no inline style); figures stand on the bars, so that
no meaning hangs on colour. Axes always start at zero. A table with the same numbers belongs beside every picture.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import count
from textwrap import wrap

from markupsafe import Markup, escape

from shared.profile.colours import theme
from shared.web.i18n import Language

#: Narrow enough for its words to be read on a phone, where the picture is as wide as the screen.
_WIDTH = 440
_ROW = 46
_LABEL = 16
#: Height of a further line of a long label, and how many characters a line of the picture holds.
_LINE = 16
CHARACTERS = 54
#: As many in larger letters of a typeface that is not ours, as a picture alone has.
CHARACTERS_ALONE = 38
#: What a picture alone has around it; four times as much to the right, where the figures are larger too.
_EDGE = 8
_BAR = 20
#: Room to the right of the longest bar for its figure.
_FIGURE = 96

_ids = count(1)


def _svg(title: str, description: str, height: float, body: list[Markup]) -> Markup:
    name = f"chart-{next(_ids)}"
    return Markup(
        '<svg class="panel-chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t {}-d"'
        ' xmlns="http://www.w3.org/2000/svg"><title id="{}-t">{}</title><desc id="{}-d">{}</desc>{}</svg>'
    ).format(_WIDTH, round(height), name, name, name, title, name, description, Markup("").join(body))


def _text(x: float, y: float, text: str, anchor: str = "start") -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(
        round(x, 1), round(y, 1), anchor, escape(text)
    )


def _bar(kind: str, x: float, y: float, width: float) -> Markup:
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="2"/>').format(
        kind, round(x, 1), round(y, 1), round(max(width, 0), 1), _BAR
    )


def _lines(x: float, y: float, label: str, width: int, anchor: str = "start") -> list[Markup]:
    """The label on as many lines of ``width`` characters as it needs; ``y`` is the first one's."""
    return [_text(x, y + place * _LINE, line, anchor) for place, line in enumerate(wrap(label, width) or [""])]


def alone(picture: Markup, accent: str) -> str:
    """A picture as a file that another page shows: its colours and its ground, for both schemes, come with it.

    No colour of that page reaches it, nor do forced ones, so the ground is part of it; nor does the page's typeface.
    """
    light, dark = (_colours(theme(accent)[scheme]) for scheme in ("light", "dark"))
    head, width, height, body = re.split(r'viewBox="0 0 (\d+) (\d+)"', picture, maxsplit=1)
    box = (-_EDGE, -_EDGE, int(width) + 5 * _EDGE, int(height) + 2 * _EDGE)
    style = f"text{{font:18px system-ui,sans-serif}}{light}@media (prefers-color-scheme:dark){{{dark}}}"
    ground = '<rect class="ground" x="{}" y="{}" width="{}" height="{}"/>'.format(*box)
    rest, _, drawn = body.partition(">")
    return f'{head}viewBox="{" ".join(map(str, box))}"{rest}><style>{style}</style>{ground}{drawn}'


def _colours(scheme: Mapping[str, str]) -> str:
    text = scheme["neutral-text-default"]
    on_steps = "".join(f".on-step-{n}{{fill:{'#fff' if n in (0, 4) else '#111'}}}" for n in range(5))
    return (
        f".ground{{fill:{scheme['neutral-surface-default']}}}text{{fill:{text}}}.mark{{fill:{scheme['accent-base-default']}}}"
        f".rest{{fill:{scheme['accent-surface-active']}}}[class^=step-]{{stroke:#111;stroke-width:1.5}}{on_steps}"
        + "".join(f".step-{n}{{fill:{scheme[f'step-{n}']}}}" for n in range(5))
    )


def bars(
    title: str,
    description: str,
    rows: Sequence[tuple[str, int, float]],
    texts: Language,
    characters: int = CHARACTERS,
) -> Markup:
    """Horizontal bars of (label, n, share between 0 and 1) on an axis from 0 to 100 %."""
    body: list[Markup] = []
    scale, top = _WIDTH - _FIGURE, 0
    for label, n, share in rows:
        lines = _lines(0, top + _LABEL - 2, label, characters)
        top += (len(lines) - 1) * _LINE
        body += [
            *lines,
            _bar("rest", 0, top + _LABEL + 4, scale),
            _bar("mark", 0, top + _LABEL + 4, scale * share),
            _text(scale + 8, top + _LABEL + 19, f"{texts.percent(share)} ({texts.number(n)})"),
        ]
        top += _ROW
    return _svg(title, description, top, body)


def stacked(
    title: str,
    description: str,
    steps: Sequence[tuple[str, int]],
    apart: tuple[str, int] | None,
    texts: Language,
    characters: int = CHARACTERS,
) -> Markup:
    """One bar of 100 % in two to five steps from low to high, and those without an opinion on a bar of their own.

    The scale's ends are written out under the bar; each step wide enough carries its share.
    """
    stand = sum(n for _, n in steps) or 1
    everybody = stand + (apart[1] if apart else 0)
    body: list[Markup] = []
    x = 0.0
    for place, (_, n) in enumerate(steps):
        width = n / stand * _WIDTH
        shade = round(place * 4 / (len(steps) - 1))
        body.append(_bar(f"step-{shade}", x, 6, width))
        if width > 42:
            body.append(
                Markup('<text class="on-step-{}" x="{}" y="21" text-anchor="middle">{}</text>').format(
                    shade, round(x + width / 2, 1), texts.percent(n / stand)
                )
            )
        x += width
    low = _lines(0, 44, steps[0][0], characters // 2)
    high = _lines(_WIDTH, 44, steps[-1][0], characters // 2, "end")
    top = 44 + (max(len(low), len(high)) - 1) * _LINE
    body += [*low, *high]
    if apart is None:
        return _svg(title, description, top + 8, body)
    share = apart[1] / everybody
    body += [
        _text(0, top + 30, apart[0]),
        _bar("rest", 0, top + 36, _WIDTH - _FIGURE),
        _bar("mark", 0, top + 36, (_WIDTH - _FIGURE) * share),
        _text(_WIDTH - _FIGURE + 8, top + 51, f"{texts.percent(share)} ({texts.number(apart[1])})"),
    ]
    return _svg(title, description, top + 62, body)


def progress(title: str, description: str, value: int, goal: int) -> Markup:
    """One bar towards a goal, full beyond it; the figures stand in words above it, once."""
    share = min(value / goal, 1.0) if goal else 0.0
    end = _WIDTH - 1
    body = [
        _bar("rest", 0, 6, _WIDTH),
        _bar("mark", 0, 6, _WIDTH * share),
        Markup('<line class="target" x1="{}" x2="{}" y1="0" y2="32"/>').format(end, end),
    ]
    return _svg(title, description, 32, body)


def panel_against_population(
    title: str,
    description: str,
    rows: Sequence[tuple[str, float | None, float | None]],
    texts: Language,
) -> Markup:
    """Bars of (label, share of the panel, share of the population as a target mark).

    None where a share of the panel cannot be shown, or the population is not counted that way.
    """
    body: list[Markup] = []
    highest = max((max(share or 0.0, target or 0.0) for _, share, target in rows), default=1.0) or 1.0
    scale = (_WIDTH - _FIGURE - 30) / highest
    top = 0
    for label, share, target in rows:
        mark = (target or 0.0) * scale
        figure = ":" if share is None else texts.percent(share)
        compared = figure if target is None else f"{figure} / {texts.percent(target)}"
        lines = _lines(0, top + _LABEL - 2, label, CHARACTERS)
        top += (len(lines) - 1) * _LINE
        body += [
            *lines,
            _bar("mark", 0, top + _LABEL + 4, (share or 0.0) * scale),
            _text(max(mark, (share or 0.0) * scale) + 8, top + _LABEL + 19, compared),
        ]
        if target is not None:
            if (share or 0.0) > target:
                # A gap in the bar, so that the mark is seen on it.
                body.append(_bar("gap", mark - 3, top + _LABEL + 4, 6))
            body.append(
                Markup('<line class="target" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>').format(
                    round(mark, 1), top + _LABEL, top + _LABEL + _BAR + 8
                )
            )
        top += _ROW
    return _svg(title, description, top, body)


def line(
    title: str,
    description: str,
    points: Sequence[tuple[str, int]],
    highest: int,
    target: tuple[str, int] | None,
    texts: Language,
) -> Markup:
    """A curve of (label, value) over equal steps, from zero to ``highest``; ``target`` is a line (label, value)."""
    height, bottom = 220, 190
    top = max(highest, target[1] if target else 0, 1)
    step = (_WIDTH - 60) / max(len(points) - 1, 1)

    def y(value: float) -> float:
        return round(bottom - value / top * (bottom - 24), 1)

    corners = " ".join(f"{round(30 + place * step, 1)},{y(value)}" for place, (_, value) in enumerate(points))
    body = [
        Markup('<line class="axis" x1="30" x2="{}" y1="{}" y2="{}"/>').format(_WIDTH - 30, bottom, bottom),
        Markup('<polyline class="line" points="{}"/>').format(corners),
    ]
    if target is not None:
        body.append(
            Markup('<line class="target" x1="30" x2="{0}" y1="{1}" y2="{1}"/>').format(_WIDTH - 30, y(target[1]))
        )
        # At the other end than the curve's own figure, so that the two never lie on each other.
        body.append(_text(30, y(target[1]) - 6, target[0]))
    if points:
        body.append(_text(30, bottom + 20, points[0][0]))
        body.append(_text(_WIDTH - 30, bottom + 20, points[-1][0], "end"))
        body.append(_text(_WIDTH - 30, y(points[-1][1]) - 6, texts.number(points[-1][1]), "end"))
    return _svg(title, description, height, body)


#: The most parts one picture tells apart; the smallest become one.
_PARTS = 4
_LEGEND = 26


def stacked_growth(
    title: str,
    description: str,
    days: Sequence[tuple[str, Mapping[str, int]]],
    label: Callable[[date], str],
    texts: Language,
) -> Markup:
    """Areas on top of each other: (ISO day, part -> total so far), true to the distance between days.

    Parts are named with their totals under the picture, the topmost first; neighbours differ in lightness, not in hue
    alone.
    """
    bottom, width = 170, _WIDTH
    last = days[-1][1]
    largest = sorted(last, key=lambda part: -last[part])[:_PARTS]
    parts = [(part, [part]) for part in largest]
    if rest := [part for part in last if part not in largest]:
        parts.append(("andre", rest))
    first_day, top = date.fromisoformat(days[0][0]), sum(last.values()) or 1
    span = max((date.fromisoformat(days[-1][0]) - first_day).days, 1)

    def x(day: str) -> float:
        return round((date.fromisoformat(day) - first_day).days / span * width, 1)

    def y(value: int) -> float:
        return round(bottom - value / top * (bottom - 20), 1)

    body: list[Markup] = []
    below = [0] * len(days)
    for place, (name, members) in enumerate(parts):
        above = [
            low + sum(totals.get(part, 0) for part in members) for low, (_, totals) in zip(below, days, strict=True)
        ]
        corners = [f"{x(day)},{y(value)}" for (day, _), value in zip(days, above, strict=True)]
        corners += [f"{x(day)},{y(value)}" for (day, _), value in reversed(list(zip(days, below, strict=True)))]
        body.append(Markup('<polygon class="part-{}" points="{}"/>').format(place, " ".join(corners)))
        line_at = bottom + 52 + _LEGEND * (len(parts) - 1 - place)
        body.append(Markup('<rect class="part-{}" x="0" y="{}" width="16" height="16"/>').format(place, line_at - 14))
        body.append(_text(26, line_at, f"{name}: {texts.number(above[-1] - below[-1])}"))
        below = above
    body.append(Markup('<line class="axis" x1="0" x2="{0}" y1="{1}" y2="{1}"/>').format(width, bottom))
    last_day = date.fromisoformat(days[-1][0])
    body += [_text(0, bottom + 20, label(first_day)), _text(width, bottom + 20, label(last_day), "end")]
    return _svg(title, description, bottom + 40 + _LEGEND * len(parts), body)
