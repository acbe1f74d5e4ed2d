"""What a draw does on its way: it can be watched and stopped, and takes no way round."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.meetings.draw import mixture
from services.meetings.draw.cube import decomposed
from services.meetings.draw.model import Pool, Quota
from services.meetings.draw.program import Optimum, Program
from services.meetings.draw.solving import solve
from tests.meetings.test_domain_lottery import realistic


def test_a_draw_can_be_watched_and_stopped() -> None:
    class Stopped(Exception):
        """Asked for by staff."""

    steps: list[str] = []

    def watch(step: str, done: float) -> None:
        steps.append(step)
        assert 0 <= done <= 1
        if step == "panels":
            raise Stopped

    pool, quotas = realistic()
    with pytest.raises(Stopped):
        solve(pool, quotas, 24, progress=watch)
    assert set(steps[:-1]) == {"bound"}


def test_a_long_draw_tells_at_every_third_program(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(7)
    interlocked = Pool.of("abc", [tuple("xyz"[i] for i in random.integers(0, 3, 3)) for _ in range(14)])
    quotas = [Quota(feature, value, 1, 2) for feature in "abc" for value in "xyz"]
    solved = 0
    reports: list[tuple[str, float, int]] = []
    honest = Program.solve

    def counted(program: Program) -> Optimum | None:
        nonlocal solved
        solved += 1
        return honest(program)

    monkeypatch.setattr(Program, "solve", counted)
    solve(interlocked, quotas, 4, progress=lambda step, done: reports.append((step, done, solved)))
    steps = list(dict.fromkeys(step for step, _, _ in reports))
    assert steps == ["bound", "panels", "pricing", "levels", "tickets", "done"]
    for (step, share, before), (after, further, now) in pairwise(reports):
        assert now - before <= 3
        assert 0 <= share <= 1
        assert further >= share or after != step


def test_a_panel_is_placed_by_a_program_over_few_of_many_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a draw of hundreds of types takes twice the time: nearly every panel had a program over all types."""
    sizes: list[int] = []
    honest = Program.solve

    def watched(program: Program) -> Optimum | None:
        if program.integer:
            sizes.append(program.columns)
        return honest(program)

    monkeypatch.setattr(Program, "solve", watched)
    random = np.random.default_rng(3)
    shape = (2, 6, 6, 3)
    shares = [random.dirichlet(np.full(values, 8.0)) for values in shape]
    skewed = [share * random.uniform(0.5, 1.5, len(share)) for share in shares]
    people = zip(*(random.choice(len(w), 20_000, p=w / w.sum()).tolist() for w in skewed), strict=True)
    pool = Pool.of("abcd", [tuple(map(str, person)) for person in people])
    quotas = [
        Quota(feature, str(value), int(40 * part), int(40 * part) + 1)
        for feature, share in zip("abcd", shares, strict=True) for value, part in enumerate(share)
    ]  # fmt: skip

    class Enough(Exception):
        """Thirty panels; the first few are easy."""

    panels = 0

    def watch(step: str, done: float) -> None:
        nonlocal panels
        panels += step == "panels"
        if panels == 1:
            sizes.clear()
        if panels > 30:
            raise Enough

    with pytest.raises(Enough):
        solve(pool, quotas, 40, progress=watch)
    assert len(sizes) >= 30
    assert max(sizes) < len(pool.counts) / 2


def test_what_arithmetic_leaves_of_a_walk_is_priced_without_further_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    """How far arithmetic lets a walk come differs from processor to processor, so the last bit is left out here."""
    walks = 0

    def stopped_short(*arguments: Any) -> list[tuple[NDArray[np.int64], float]]:
        nonlocal walks
        walks += 1
        (panel, share), *rest = decomposed(*arguments)
        whole = share + sum(each for _, each in rest)
        return [(panel, share / whole - 5e-5), *((each, part / whole) for each, part in rest)]

    monkeypatch.setattr(mixture, "decomposed", stopped_short)
    steps: set[str] = set()
    solve(*realistic(900), 24, progress=lambda step, done: steps.add(step))
    assert "pricing" in steps
    assert walks == 1
