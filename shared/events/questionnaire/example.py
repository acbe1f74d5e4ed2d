"""A questionnaire with every kind of question, and one person's answers to it: the contracts' examples."""

from typing import Any


def _texts(nb: str, nn: str, en: str) -> dict[str, str]:
    return {"nb": nb, "nn": nn, "en": en}


_OPTIONS: list[dict[str, Any]] = [
    {"code": "buss", "text": _texts("Buss", "Buss", "Bus")},
    {"code": "sykkel", "text": _texts("Sykkel", "Sykkel", "Bicycle")},
    {"code": "bil", "text": _texts("Bil", "Bil", "Car")},
]
_OTHER = {"code": "annet", "write": True, "text": _texts("Annet", "Anna", "Something else")}
_NONE = {"code": "ingen", "exclusive": True, "text": _texts("Ingen av disse", "Ingen av desse", "None of these")}
_AGREE = {"low": _texts("Helt uenig", "Heilt usamd", "Disagree"), "high": _texts("Helt enig", "Heilt samd", "Agree")}
#: A grey dot.
_PICTURE = {
    "png": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
    "shows": _texts("En benk", "Ein benk", "A bench"),
}


def _question(kind: str, id_: str, text: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"type": kind, "id": id_, "text": text, **more}


QUESTIONNAIRE: dict[str, Any] = {
    "id": "reiser",
    "version": 1,
    "title": _texts("Reiser i kommunen", "Reiser i kommunen", "Travel in the municipality"),
    "topic": _texts("reiser", "reiser", "travel"),
    "introduction": _texts(
        "Kommunen vil vite hvordan du reiser.",
        "Kommunen vil vite korleis du reiser.",
        "The municipality wants to know how you travel.",
    ),
    "minutes": 5,
    "pages": [
        {
            "id": "hverdag",
            "title": _texts("Hverdagen", "Kvardagen", "Everyday life"),
            "questions": [
                _question(
                    "information",
                    "om",
                    _texts("Tenk på en vanlig uke.", "Tenk på ei vanleg veke.", "Think of an ordinary week."),
                ),
                _question(
                    "one_choice",
                    "oftest",
                    _texts("Hvordan reiser du oftest?", "Korleis reiser du oftast?", "How do you travel most?"),
                    help=_texts(
                        "Velg det du bruker mest tid på.", "Vel det du bruker mest tid på.", "Choose the longest."
                    ),
                    options=[*_OPTIONS, _OTHER],
                    shuffle=True,
                ),
                _question(
                    "several_choices",
                    "ogsaa",
                    _texts("Hva bruker du ellers?", "Kva bruker du elles?", "What else do you use?"),
                    options=[*_OPTIONS, _NONE],
                    max=2,
                    required=False,
                ),
                _question(
                    "number",
                    "minutter",
                    _texts("Hvor lang er reisen?", "Kor lang er reisa?", "How long is the journey?"),
                    min=0,
                    max=300,
                    unit=_texts("Minutter", "Minutt", "Minutes"),
                ),
                _question(
                    "year",
                    "kort",
                    _texts("Når fikk du førerkort?", "Når fekk du førarkort?", "When did you get a licence?"),
                    min=1940,
                    max=2026,
                    required=False,
                    show_if={
                        "any": [{"question": "oftest", "any_of": ["bil"]}, {"question": "ogsaa", "any_of": ["bil"]}]
                    },
                ),
            ],
        },
        {
            "id": "meninger",
            "title": _texts("Hva du mener", "Kva du meiner", "What you think"),
            "show_if": {"none": [{"question": "minutter", "at_most": 0}]},
            "questions": [
                _question(
                    "scale",
                    "fornoyd",
                    _texts(
                        "Du svarte {oftest}. Er du fornøyd?", "Du svarte {oftest}. Er du nøgd?", "{oftest}: satisfied?"
                    ),
                    low=_texts("Ikke fornøyd", "Ikkje nøgd", "Not satisfied"),
                    high=_texts("Svært fornøyd", "Svært nøgd", "Very satisfied"),
                    steps=7,
                ),
                _question(
                    "grid",
                    "paastander",
                    _texts("Er du enig?", "Er du samd?", "Do you agree?"),
                    statements=[
                        {
                            "code": "ofte",
                            "text": _texts("Bussen går ofte nok", "Bussen går ofte nok", "Buses are frequent"),
                        },
                        {
                            "code": "trygt",
                            "text": _texts("Det er trygt å sykle", "Det er trygt å sykle", "Cycling is safe"),
                        },
                    ],
                    **_AGREE,
                ),
                _question(
                    "ranking",
                    "viktigst",
                    _texts("Hva er viktigst?", "Kva er viktigast?", "What matters most?"),
                    options=_OPTIONS,
                    most=2,
                ),
                _question(
                    "pair",
                    "torget",
                    _texts("Hva vil du ha på torget?", "Kva vil du ha på torget?", "What do you want in the square?"),
                    options=[
                        {"code": "benk", "text": _texts("Benker", "Benker", "Benches"), "picture": _PICTURE},
                        {"code": "tre", "text": _texts("Trær", "Tre", "Trees")},
                    ],
                ),
            ],
        },
        {
            "id": "egne_ord",
            "title": _texts("Med egne ord", "Med eigne ord", "In your own words"),
            "questions": [
                _question(
                    "area",
                    "sted",
                    _texts(
                        "Hvilken del av kommunen gjelder det?",
                        "Kva del av kommunen gjeld det?",
                        "Which part is it about?",
                    ),
                    options=[
                        {"code": "vest", "text": _texts("Vest", "Vest", "West")},
                        {"code": "ost", "text": _texts("Øst", "Aust", "East")},
                    ],
                    required=False,
                ),
                _question(
                    "date",
                    "sist",
                    _texts("Når reiste du sist?", "Når reiste du sist?", "When did you last travel?"),
                    min="2026-01-01",
                    required=False,
                ),
                _question(
                    "short_text",
                    "linje",
                    _texts("Hvilken linje savner du?", "Kva linje saknar du?", "Which line do you miss?"),
                    required=False,
                ),
                _question(
                    "long_text",
                    "raad",
                    _texts("Hva bør vi gjøre?", "Kva bør vi gjere?", "What should we do?"),
                    max=1000,
                    required=False,
                ),
            ],
        },
    ],
}

ANSWERS: dict[str, Any] = {
    "oftest": "annet",
    "oftest.annet": "Båt til Lysaker",
    "ogsaa": ["sykkel", "bil"],
    "minutter": 25,
    "kort": 1998,
    "fornoyd": 4,
    "paastander": {"ofte": 2, "trygt": "vet_ikke"},
    "viktigst": ["sykkel", "buss"],
    "torget": "tre",
    "sted": "vest",
    "sist": "2026-05-17",
    "linje": "Rykkinn-Lysaker",
    "raad": "Flere avganger om kvelden.",
}
