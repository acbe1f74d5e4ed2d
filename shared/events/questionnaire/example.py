"""A questionnaire with every kind of question, and one person's answers to it: the contracts' examples."""

from typing import Any


def _texts(nb: str, nn: str, en: str) -> dict[str, str]:
    return {"nb": nb, "nn": nn, "en": en}


_OPTIONS = [
    {"code": "buss", "text": _texts("Buss", "Buss", "Bus")},
    {"code": "sykkel", "text": _texts("Sykkel", "Sykkel", "Bicycle")},
    {"code": "bil", "text": _texts("Bil", "Bil", "Car")},
]

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
    "minutes": 3,
    "pages": [
        {
            "id": "hverdag",
            "title": _texts("Hverdagen", "Kvardagen", "Everyday life"),
            "questions": [
                {
                    "type": "one_choice",
                    "id": "oftest",
                    "text": _texts("Hvordan reiser du oftest?", "Korleis reiser du oftast?", "How do you travel most?"),
                    "options": _OPTIONS,
                },
                {
                    "type": "several_choices",
                    "id": "ogsaa",
                    "text": _texts("Hva bruker du ellers?", "Kva bruker du elles?", "What else do you use?"),
                    "options": _OPTIONS,
                    "max": 2,
                    "required": False,
                },
                {
                    "type": "scale",
                    "id": "fornoyd",
                    "show_if": {"question": "oftest", "any_of": ["buss"]},
                    "text": _texts("Hvor fornøyd er du?", "Kor nøgd er du?", "How satisfied are you?"),
                    "low": _texts("Ikke fornøyd", "Ikkje nøgd", "Not satisfied"),
                    "high": _texts("Svært fornøyd", "Svært nøgd", "Very satisfied"),
                },
                {
                    "type": "number",
                    "id": "minutter",
                    "text": _texts("Hvor lang er reisen?", "Kor lang er reisa?", "How long is the journey?"),
                    "min": 0,
                    "max": 300,
                    "unit": _texts("Minutter", "Minutt", "Minutes"),
                },
            ],
        },
        {
            "id": "egne_ord",
            "title": _texts("Med egne ord", "Med eigne ord", "In your own words"),
            "questions": [
                {
                    "type": "short_text",
                    "id": "linje",
                    "text": _texts("Hvilken linje savner du?", "Kva linje saknar du?", "Which line do you miss?"),
                    "required": False,
                },
                {
                    "type": "long_text",
                    "id": "raad",
                    "text": _texts("Hva bør vi gjøre?", "Kva bør vi gjere?", "What should we do?"),
                    "required": False,
                },
            ],
        },
    ],
}

ANSWERS: dict[str, Any] = {
    "oftest": "buss",
    "ogsaa": ["sykkel", "bil"],
    "fornoyd": 4,
    "minutter": 25,
    "linje": "Rykkinn-Lysaker",
    "raad": "Flere avganger om kvelden.",
}
