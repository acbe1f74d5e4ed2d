"""The draw by itself: CSV in, JSON out, a clear line per fault."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from services.meetings.draw.__main__ import main

ROOT = str(Path(__file__).parents[2])
POOL = "id,kjønn,sted\n" + "".join(
    f"{n},{'kvinne' if n % 3 else 'mann'},{'nord' if n % 2 else 'sør'}\n" for n in range(30)
)
QUOTAS = "feature,value,min,max\nkjønn,kvinne,2,2\nkjønn,mann,2,2\nsted,nord,1,3\nsted,sør,1,3\n"


def run(folder: Path, pool: bytes, quotas: bytes, seats: str = "4") -> int:
    (folder / "pool.csv").write_bytes(pool)
    (folder / "quotas.csv").write_bytes(quotas)
    return main([str(folder / "pool.csv"), str(folder / "quotas.csv"), seats, "--json", str(folder / "out.json")])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_files_are_read_however_they_were_saved(encoding: str, separator: str, tmp_path: Path) -> None:
    pool, quotas = (text.replace(",", separator).replace("\n", "\r\n").encode(encoding) for text in (POOL, QUOTAS))
    assert run(tmp_path, pool, quotas) == 0
    out = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [line["id"] for line in out["probabilities"]] == [str(n) for n in range(30)]
    assert sum(line["probability"] for line in out["probabilities"]) == pytest.approx(4, abs=1e-8)
    assert out["probabilities"][0]["probability"] == pytest.approx(0.2, abs=1e-8)
    assert sum(panel["weight"] for panel in out["panels"]) == out["tickets"] == 10**9
    assert out["certificate"] <= 1e-6


def test_impossible_quotas_exit_3_with_the_smallest_relaxations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quotas = "feature,value,min,max\nkjønn,kvinne,3,4\nkjønn,mann,2,2\nsted,nord,0,4\nsted,sør,0,4\n"
    assert run(tmp_path, POOL.encode(), quotas.encode()) == 3
    assert capsys.readouterr().err.splitlines() == [
        "kjønn «kvinne» skal ha minst 3; det er 20 å trekke blant.",
        "kjønn «mann» skal ha minst 2; det er 10 å trekke blant.",
        "Med 4 plasser kan ikke alle disse kvotene holdes samtidig.",
        "Minste endring som gjør trekningen mulig:",
        "kjønn «kvinne»: senk minst fra 3 til 2.",
    ]
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(
    ("pool", "quotas", "seats", "line"),
    [
        (POOL + "3,mann,nord\n", QUOTAS, "4", "pool.csv, linje 32: id «3» står også på linje 5."),
        (POOL + "77,mann\n", QUOTAS, "4", "pool.csv, linje 32: 2 felter, men overskriften har 3."),
        (POOL + "77,,nord\n", QUOTAS, "4", "pool.csv, linje 32: et felt er tomt."),
        (
            POOL + "77,mann,vest\n", QUOTAS, "4",
            "quotas.csv: sted «vest» har ingen kvote, men 1 i pool.csv har verdien.",
        ),
        (POOL, QUOTAS + "sted,øst,3,2\n", "4", "quotas.csv, linje 6: min 3 er større enn max 2."),
        (
            POOL, QUOTAS + "sted,øst,-1,2\n", "4",
            "quotas.csv, linje 6: min og max må være hele tall fra 0, ikke «-1» og «2».",
        ),
        (POOL, QUOTAS + "sted,sør,0,2\n", "4", "quotas.csv, linje 6: sted «sør» har allerede en kvote."),
        (
            POOL, QUOTAS + "alder,ung,0,2\n", "4",
            "quotas.csv, linje 6: «alder» er ingen kolonne blant personene (kjønn, sted).",
        ),
        (POOL, QUOTAS, "31", "Det er 31 plasser, men bare 30 i pool.csv."),
        (POOL, QUOTAS, "0", "Antall plasser må være minst 1, ikke 0."),
        ("", QUOTAS, "4", "pool.csv: filen er tom."),
        ("a\0b", QUOTAS, "4", "pool.csv: filen er ikke tekst. Lagre den som CSV (UTF-8)."),
        (
            "navn,sted\nx,y\n", QUOTAS, "4",
            "pool.csv: overskriften må ha «id» og én kolonne med eget navn for hvert kjennetegn.",
        ),
        (POOL, "a,b\n1,2\n", "4", "quotas.csv: overskriften må være feature,value,min,max."),
        ('id,sted\n1,"nord\n', QUOTAS, "4", "pool.csv: filen kan ikke leses som CSV (unexpected end of data)."),
    ],
)  # fmt: skip
def test_every_fault_of_the_files_has_a_line(
    pool: str, quotas: str, seats: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, pool.encode(), quotas.encode(), seats) == 2
    assert line in capsys.readouterr().err.splitlines()


def test_a_missing_file_has_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "quotas.csv").write_text(QUOTAS, encoding="utf-8")
    assert main([str(tmp_path / "no.csv"), str(tmp_path / "quotas.csv"), "4", "--json", str(tmp_path / "o")]) == 2
    assert capsys.readouterr().err == "no.csv: filen finnes ikke eller kan ikke leses.\n"


def test_standard_output_stays_empty(tmp_path: Path) -> None:
    """In a process of its own: the solver's library greets once per process."""
    (tmp_path / "pool.csv").write_text(POOL)
    (tmp_path / "quotas.csv").write_text(QUOTAS)
    command = [sys.executable, "-m", "services.meetings.draw", "pool.csv", "quotas.csv", "4", "--json", "out.json"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")
    assert (tmp_path / "out.json").exists()


def test_it_repeats_whatever_the_machines_threads_and_hashing(tmp_path: Path) -> None:
    """Another machine may have other cores, another order of sets, and the pool's rows the other way round."""
    chance = random.Random(11)
    features = {"kjønn": ("kvinne", "mann"), "alder": tuple("abcdef"), "sted": tuple("123456")}
    shares = {name: [chance.uniform(0.5, 2.0) for _ in values] for name, values in features.items()}
    rows = [
        ",".join(chance.choices(values, shares[name])[0] for name, values in features.items()) for _ in range(500)
    ]  # fmt: skip
    quotas = "feature,value,min,max\n" + "".join(
        f"{name},{value},{24 // len(values) - 1},{24 // len(values) + 2}\n"
        for name, values in features.items() for value in values
    )  # fmt: skip
    (tmp_path / "quotas.csv").write_text(quotas, encoding="utf-8")
    files = []
    for number, (threads, order) in enumerate([("1", 1), ("2", 1), ("4", -1)]):
        pool = "id," + ",".join(features) + "\n" + "".join(f"{n},{row}\n" for n, row in list(enumerate(rows))[::order])
        (tmp_path / "pool.csv").write_text(pool, encoding="utf-8")
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        machine = {**os.environ, **dict.fromkeys(names, threads), "PYTHONHASHSEED": str(number), "PYTHONPATH": ROOT}
        out = tmp_path / f"out{number}.json"
        command = [sys.executable, "-m", "services.meetings.draw", "pool.csv", "quotas.csv", "24", "--json", str(out)]
        subprocess.run(command, cwd=tmp_path, env=machine, check=True, timeout=120)
        files.append(json.loads(out.read_text(encoding="utf-8")))
        files[-1]["probabilities"].sort(key=lambda line: int(line["id"]))
    assert files[0] == files[1] == files[2]
    assert files[0]["certificate"] <= 1e-6
