"""The folder of private keys: one key whoever opens the survey, and none left once it is destroyed."""

import stat
from pathlib import Path

import pytest

from services.surveys.sealing import SurveyKeys
from shared.ids import random_id


@pytest.mark.parametrize("killed_before", ["link", "unlink"])
def test_no_private_half_is_left_by_a_process_that_is_killed_while_it_makes_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_before: str
) -> None:
    keys, id_ = SurveyKeys(tmp_path), random_id()

    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(*(("os.link", kill) if killed_before == "link" else ("pathlib.Path.unlink", kill)))
        with pytest.raises(Killed):
            keys.make(id_)
    assert keys.surveys() == [id_]
    key = keys.make(id_)
    assert keys.seal(id_, key.public_key).public_key == key.public_key
    keys.destroy(id_)
    assert list(tmp_path.iterdir()) == []


def test_two_who_open_a_survey_at_once_have_the_same_key_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    keys, id_ = SurveyKeys(tmp_path / "keys"), random_id()
    assert keys.make(id_).public_key == SurveyKeys(tmp_path / "keys").make(id_).public_key
    assert [stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "keys", *(tmp_path / "keys").iterdir())] == [
        0o700,
        0o600,
    ]
