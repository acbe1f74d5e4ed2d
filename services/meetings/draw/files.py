"""POOL.csv and QUOTAS.csv as people save them: any of the usual encodings and separators, a clear line per fault."""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from services.meetings.draw.model import Pool, Quota, Type

#: Faults of one kind told one by one.
_TOLD = 10


@dataclass(frozen=True)
class Read:
    """People as (id, type) in the file's order, and what `solve` takes."""

    people: tuple[tuple[str, Type], ...]
    pool: Pool
    quotas: tuple[Quota, ...]


class Faulty(Exception):
    """``lines``: what is wrong with the files, one sentence in Bokmål each."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def read(pool: Path, quotas: Path, seats: int) -> Read:
    """Raises `Faulty` with everything that is wrong, not only the first."""
    faults: list[str] = []
    head, rows = _table(pool, faults)
    features, people = _people(pool.name, head, rows, faults)
    made = _quotas(quotas.name, *_table(quotas, faults), features, faults)
    if seats < 1:
        faults.append(f"Antall plasser må være minst 1, ikke {seats}.")
    if people and seats > len(people):
        faults.append(f"Det er {seats} plasser, men bare {len(people)} i {pool.name}.")
    known = {(quota.feature, quota.value) for quota in made}
    held = Counter((name, value) for _, kind in people for name, value in zip(features, kind, strict=True))
    if made:
        faults += [
            f"{quotas.name}: {name} «{value}» har ingen kvote, men {count} i {pool.name} har verdien."
            for (name, value), count in sorted(held.items())
            if (name, value) not in known
        ]
    if faults:
        raise Faulty(faults)
    return Read(tuple(people), Pool.of(features, (kind for _, kind in people)), tuple(made))


def _table(file: Path, faults: list[str]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Heading and numbered rows, cells stripped; empty rows are skipped."""
    try:
        raw = file.read_bytes()
    except OSError:
        faults.append(f"{file.name}: filen finnes ikke eller kan ikke leses.")
        return [], []
    text = _decoded(raw)
    if text is None or "\0" in text:
        faults.append(f"{file.name}: filen er ikke tekst. Lagre den som CSV (UTF-8).")
        return [], []
    first = text.partition("\n")[0]
    separator = max(";\t,", key=first.count)
    try:
        table = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        rows = [(table.line_num, [cell.strip() for cell in row]) for row in table]
    except csv.Error as fault:
        faults.append(f"{file.name}: filen kan ikke leses som CSV ({fault}).")
        return [], []
    rows = [(line, row) for line, row in rows if any(row)]
    if not rows:
        faults.append(f"{file.name}: filen er tom.")
        return [], []
    head = rows[0][1]
    wrong = [(line, row) for line, row in rows[1:] if len(row) != len(head)]
    for line, row in wrong[:_TOLD]:
        faults.append(f"{file.name}, linje {line}: {len(row)} felter, men overskriften har {len(head)}.")
    return head, [(line, row) for line, row in rows[1:] if len(row) == len(head)]


def _decoded(raw: bytes) -> str | None:
    """UTF-8 with or without a mark, UTF-16 with one, else what Excel on Windows writes."""
    encodings = ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _people(
    name: str, head: list[str], rows: list[tuple[int, list[str]]], faults: list[str]
) -> tuple[list[str], list[tuple[str, Type]]]:
    if not head:
        return [], []
    lowered = [title.casefold() for title in head]
    if lowered.count("id") != 1 or len(head) < 2 or len(set(head)) != len(head) or "" in head:
        faults.append(f"{name}: overskriften må ha «id» og én kolonne med eget navn for hvert kjennetegn.")
        return [], []
    at = lowered.index("id")
    if not rows:
        faults.append(f"{name}: det er ingen personer i filen.")
    features = head[:at] + head[at + 1 :]
    seen: dict[str, int] = {}
    people, told = [], []
    for line, row in rows:
        who, kind = row[at], tuple(row[:at] + row[at + 1 :])
        if not who or "" in kind:
            told.append(f"{name}, linje {line}: et felt er tomt.")
        elif who in seen:
            told.append(f"{name}, linje {line}: id «{who}» står også på linje {seen[who]}.")
        seen.setdefault(who, line)
        people.append((who, kind))
    faults += told[:_TOLD]
    if len(told) > _TOLD:
        faults.append(f"{name}: {len(told) - _TOLD} linjer til har slike feil.")
    return features, people


def _quotas(
    name: str, head: list[str], rows: list[tuple[int, list[str]]], features: list[str], faults: list[str]
) -> list[Quota]:
    if not head:
        return []
    lowered = [title.casefold() for title in head]
    wanted = ("feature", "value", "min", "max")
    if sorted(lowered) != sorted(wanted):
        faults.append(f"{name}: overskriften må være feature,value,min,max.")
        return []
    made: dict[tuple[str, str], Quota] = {}
    for line, row in rows:
        feature, value, least, most = (row[lowered.index(title)] for title in wanted)
        where = f"{name}, linje {line}"
        if features and feature not in features:
            faults.append(f"{where}: «{feature}» er ingen kolonne blant personene ({', '.join(features)}).")
        elif not value:
            faults.append(f"{where}: verdien er tom.")
        elif not (least.isascii() and least.isdigit() and most.isascii() and most.isdigit()):
            faults.append(f"{where}: min og max må være hele tall fra 0, ikke «{least}» og «{most}».")
        elif int(least) > int(most):
            faults.append(f"{where}: min {int(least)} er større enn max {int(most)}.")
        elif (feature, value) in made:
            faults.append(f"{where}: {feature} «{value}» har allerede en kvote.")
        else:
            made[feature, value] = Quota(feature, value, int(least), int(most))
    return list(made.values())
