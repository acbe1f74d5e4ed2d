"""The hourly rehearsal of a survey: it goes to its end, nothing of it stays, and what it cannot do it says."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from services.surveys import rehearsing
from services.surveys.answering import store
from services.surveys.fieldwork.closing import close_survey
from services.surveys.rehearsing import rehearse_survey
from services.surveys.sealing import keys_of
from shared.service import RehearsalFailed, Runtime
from shared.testing import outbox
from tests.backends import sizes_of_tables
from tests.surveys.conftest import PlanSurvey

RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.fixture
async def rt(runtime_of: RuntimeOf, tmp_path: Path) -> Runtime:
    return await runtime_of("surveys", synthetic_email="prove@panel.example.org", key_dir=tmp_path / "keys")


async def test_it_comes_to_its_end_and_nothing_of_it_stays(
    rt: Runtime, plan: PlanSurvey, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A full cache, filled by other tests, would let go of another entry.
    monkeypatch.setattr(store, "_FROZEN", {})
    real = await plan()
    before, events, keys = await sizes_of_tables(rt), await outbox(rt), dict(store._FROZEN)
    results: list[object] = []

    async def close_and_note(*given: object) -> object:
        results.append(await close_survey(*given))  # type: ignore[arg-type]
        return results[-1]

    monkeypatch.setattr(rehearsing, "close_survey", close_and_note)
    await rehearse_survey(rt)
    assert len(results) == 1
    assert await sizes_of_tables(rt) == before
    assert await outbox(rt) == events
    assert (keys_of(rt.settings).surveys(), store._FROZEN) == ([real.id], keys)


async def test_without_a_made_up_resident_nothing_is_rehearsed(runtime_of: RuntimeOf, tmp_path: Path) -> None:
    rt = await runtime_of("surveys", key_dir=tmp_path / "keys")
    await rehearse_survey(rt)
    assert not (tmp_path / "keys").exists()


async def test_a_folder_of_keys_that_takes_none_is_found_out(rt: Runtime, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the folder should be")
    with pytest.raises(FileExistsError):
        await rehearse_survey(rt)


async def test_a_place_for_answers_that_cannot_be_made_is_found_out(rt: Runtime) -> None:
    name = "function surveys.make_resting_place(uuid)"
    async with rt.transaction() as session:
        await session.execute(sa.text(f"alter {name} rename to gone"))
    try:
        with pytest.raises(DBAPIError):
            await rehearse_survey(rt)
    finally:
        async with rt.transaction() as session:
            await session.execute(sa.text("alter function surveys.gone(uuid) rename to make_resting_place"))
    assert keys_of(rt.settings).surveys() == []


async def test_an_answer_that_is_kept_otherwise_is_found_out(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "only_shown", lambda _, answers: {**answers, "raad": "Noe annet."})
    with pytest.raises(RehearsalFailed):
        await rehearse_survey(rt)
