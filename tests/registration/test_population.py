"""A newer file of Statistics Norway's table 07459 takes the place of the figures that ship."""

import csv
import gzip
import io
import re
from collections.abc import Callable, Mapping
from importlib import resources

import httpx
import pytest

from services.registration.csv_file import UnreadableFile
from services.registration.population.domain import margins_of, shipped_persons
from services.registration.population.ssb_file import Statistics, packed, read_statistics, unpacked
from shared.events.registration import PopulationMarginsSet
from shared.service import Runtime
from shared.testing import browser, outbox, sign_in

SHIPPED = resources.files("services.registration") / "data" / "population_2026-01-01.csv.gz"
PAGE = "/staff/registration/population"
WORDS = {"female": "Kvinner", "male": "Menn"}
Cells = dict[tuple[str, int], int]


def persons(number: str) -> tuple[str, Cells]:
    """(name, persons by sex and age) of a municipality in the shipped figures."""
    cells: Cells = {}
    name = ""
    for row in csv.DictReader(gzip.decompress(SHIPPED.read_bytes()).decode().splitlines()):
        if row["kommunenummer"] == number:
            name = row["kommune"]
            cells |= {(row["sex"], int(c[1:])): int(n) for c, n in row.items() if re.fullmatch("a[0-9]+", c)}
    return name, cells


BAERUM, OSLO = persons("3201")[1], persons("0301")[1]


def label(age: int) -> str:
    return "105 år eller eldre" if age == 105 else f"{age} år"


def by_column(regions: Mapping[str, Cells] | None = None, year: int = 2027) -> str:
    """Texts, and a column for each year, as the table's page gives it."""
    out = io.StringIO()
    out.write('"07459: Befolkning, etter region, kjønn, alder, statistikkvariabel og år"\n\n')
    rows = csv.writer(out, delimiter=";", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    rows.writerow(["region", "kjønn", "alder", f"Personer {year - 1}", f"Personer {year}"])
    for region, cells in (regions or {"3201 Bærum": BAERUM}).items():
        for (sex, age), count in cells.items():
            rows.writerow([region, WORDS[sex], label(age), count + 1, count])
    out.write('\n"Kilde: Statistisk sentralbyrå"\n')
    return out.getvalue()


def by_line() -> str:
    """One line per figure, with texts; the region is a name alone."""
    head = '"region","kjønn","alder","statistikkvariabel","år","07459: Befolkning, etter region, kjønn, alder og år"\n'
    lines = [f'"Bærum","{WORDS[sex]}","{label(age)}","Personer","2027",{n}\n' for (sex, age), n in BAERUM.items()]
    return head + "".join(lines)


def by_code() -> str:
    """One line per figure, with codes."""
    sexes = {"female": "2", "male": "1"}
    lines = [
        f"3201,{sexes[sex]},{'105+' if age == 105 else f'{age:03}'},Personer1,2027,{n}\n"
        for (sex, age), n in BAERUM.items()
    ]
    return "Region,Kjonn,Alder,ContentsCode,Tid,07459\n" + "".join(lines)


def read(text: str, encoding: str = "utf-8") -> Statistics:
    return read_statistics(text.encode(encoding), "3201", "Bærum kommune")


@pytest.mark.parametrize("written", [by_column, by_line, by_code])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_each_form_of_the_file_gives_the_figures_that_ship(written: Callable[[], str], encoding: str) -> None:
    figures = read(written(), encoding)
    assert (figures.year, figures.total, figures.of("female"), figures.of("male")) == (2027, 133_228, 66_714, 66_514)
    assert margins_of(figures.persons) == margins_of(shipped_persons("3201"))
    assert unpacked(packed(figures)) == figures


def test_a_file_of_several_municipalities_gives_the_one_that_is_installed() -> None:
    text = by_column({"0301 Oslo": OSLO, "3201 Bærum": BAERUM})
    assert read(text).total == 133_228
    assert read_statistics(text.encode(), "0301", "Oslo kommune").total == 728_714


def test_ssbs_shorter_list_of_ages_ends_at_a_hundred_or_older() -> None:
    old = {sex: sum(n for (each, age), n in BAERUM.items() if each == sex and age >= 100) for sex in WORDS}
    short = {key: n for key, n in BAERUM.items() if key[1] < 100} | {(sex, 100): n for sex, n in old.items()}
    text = by_column({"K-3201 Bærum": short}).replace('"100 år"', '"100 år eller eldre"')
    figures = read(text)
    assert margins_of(figures.persons) == margins_of(shipped_persons("3201"))
    assert unpacked(packed(figures)) == figures
    with pytest.raises(UnreadableFile, match="mangler kvinner på 101 år"):
        read(text.replace("100 år eller eldre", "100 år"))


def test_a_name_alone_may_have_another_languages_beside_it() -> None:
    text = by_column({"Oslo - Oslove": OSLO, "Oslofjord": BAERUM})
    assert read_statistics(text.encode(), "0301", "Oslo kommune").total == 728_714


ROW = re.escape('"3201 Bærum";"Kvinner";"17 år";') + "[0-9]+;"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: "navn;verdi\na;1\n", "ingen linje med region, kjønn og alder"),
        (lambda t: t.replace("3201 Bærum", "3203 Asker"), "ingen tall for kommune 3201, Bærum kommune"),
        (lambda t: re.sub('.*"Menn".*\n', "", t), "ingen menn etter alder"),
        (lambda t: re.sub(f"{ROW}.*\n", "", t), "mangler kvinner på 17 år"),
        (lambda t: re.sub(f"({ROW}.*\n)", r"\1\1", t), "kvinner på 17 år to ganger"),
        (lambda t: t.replace('"17 år"', '"15-19 år"'), "«15-19 år» er ikke ett år"),
        (lambda t: t.replace('"99 år"', '"99 år eller eldre"'), "«99 år eller eldre» er ikke ett år"),
        (lambda t: re.sub(f"({ROW}).*\n", r'\1".."\n', t), "«..» er ikke et antall personer"),
        (lambda t: t.replace('"Menn"', '"Ukjent"'), "Kjønnet «Ukjent» kjenner vi ikke"),
        (lambda t: t + '"3201 Bærum";"Kvinner";"Alle aldre";1;66715\n', "sier 66715 kvinner, men tallene gir 66714"),
        (lambda t: t + '"3201 Bærum";"Begge kjønn";"Alle aldre";1;9\n', "sier 9 i alt, men tallene gir 133228"),
        (lambda t: re.sub("Personer [0-9]+", "Personer", t), "ikke hvilket år"),
        (lambda t: re.sub(";[0-9]+\n", ";0\n", t), "ingen innbyggere"),
    ],
)  # fmt: skip
def test_a_fault_is_one_sentence_that_says_what(change: Callable[[str], str], says: str) -> None:
    with pytest.raises(UnreadableFile, match=re.escape(says)):
        read(change(by_column()))


def test_totals_that_add_up_are_no_figures_of_their_own() -> None:
    totals = '"3201 Bærum";"Kvinner";"Alle aldre";1;66714\n"3201 Bærum";"Begge kjønn";"17 år";1;'
    both = BAERUM["female", 17] + BAERUM["male", 17]
    assert read(f"{by_column()}{totals}{both}\n").total == 133_228


@pytest.mark.parametrize("line", ["", "2027", "2027 " + " ".join(["x"] * 212), "2027 " + " ".join(["0"] * 212)])
def test_figures_that_no_page_made_are_refused(line: str) -> None:
    with pytest.raises(UnreadableFile):
        unpacked(line)


async def send(client: httpx.AsyncClient, text: str) -> httpx.Response:
    return await client.post(PAGE, files={"file": ("07459.csv", text.encode(), "text/csv")})


async def test_an_administrator_sees_newer_figures_first_and_then_everybody_has_them(rt: Runtime) -> None:
    async with browser(rt) as client:
        sign_in(rt, client, "admin")
        fewer = {key: count // 2 for key, count in BAERUM.items()}
        preview = await send(client, by_column({"3201 Bærum": fewer}))
        assert "66 " in preview.text
        assert "mer enn 10 % større eller mindre" in preview.text
        assert len(await outbox(rt, PopulationMarginsSet)) == 1, "nothing is changed before it is confirmed"
        figures = re.search('name="figures" value="([^"]+)"', preview.text)
        assert figures
        reply = await client.post(PAGE, data={"figures": figures[1]})
        assert reply.status_code == 303
        newest = (await outbox(rt, PopulationMarginsSet))[-1]
        assert isinstance(newest, PopulationMarginsSet)
        assert newest.year == 2027
        assert newest.margins == margins_of(fewer)
        assert "1. januar 2027" in (await client.get(PAGE)).text
        assert "tabell 07459, 1. januar 2027" in (await client.get("/about")).text
        assert "la inn nyere befolkningstall" in (await client.get("/staff/registration/audit")).text
        assert "de som er i bruk, er fra 2027" in (await send(client, by_column(year=2026))).text
        assert len(await outbox(rt, PopulationMarginsSet)) == 2


async def test_a_bad_file_and_another_role_change_nothing(rt: Runtime, editor: httpx.AsyncClient) -> None:
    assert (await send(editor, by_column())).status_code == 403
    assert "Bare den som er administrator" in (await editor.get(PAGE)).text
    async with browser(rt) as client:
        sign_in(rt, client, "admin")
        bad = await send(client, by_line().replace('"17 år"', '"18 år"', 1))
        assert bad.status_code == 422
        assert "to ganger" in bad.text
        assert (await client.post(PAGE, data={"figures": "2027 1"})).status_code == 422
    assert len(await outbox(rt, PopulationMarginsSet)) == 1


async def test_a_municipality_without_figures_gets_its_own_by_a_file(
    runtime_of: Callable[..., object], rt: Runtime
) -> None:
    from sqlalchemy import delete

    from services.registration.tables import Margins

    async with rt.transaction() as session:
        await session.execute(delete(Margins))
    async with browser(rt) as client:
        sign_in(rt, client, "admin")
        assert "ingen befolkningstall for kommune 3201" in (await client.get(PAGE)).text
        preview = await send(client, by_code())
        figures = re.search('name="figures" value="([^"]+)"', preview.text)
        assert figures
        assert (await client.post(PAGE, data={"figures": figures[1]})).status_code == 303
        assert (await outbox(rt, PopulationMarginsSet))[-1].year == 2027  # type: ignore[attr-defined]
