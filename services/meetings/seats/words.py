"""Staff's words for the groups of a quota."""

from services.meetings.tables import Margins
from shared.strata import band_words

FEATURE_NAMES = {"gender": "Kjønn", "band": "Alder", "area": "Område", "answer": "Svar i oppropet"}
_GENDERS = {"female": "kvinner", "male": "menn", "other": "annet eller ikke oppgitt kjønn"}


def value_words(feature: str, value: str, margins: Margins | None) -> str:
    """``kvinner``, ``15–24 år``, ``Sandvika``; in Bokmål, in the middle of a sentence."""
    if feature == "gender":
        return _GENDERS.get(value, value)
    if feature == "band":
        return band_words(value)
    if feature == "answer":
        return f"«{value}»" if value else "ingen av svarene i oppropet"
    return area_label(value, margins)


def area_label(code: str, margins: Margins | None) -> str:
    """What people call the area; outside every area has words of its own."""
    labels = {area.area: area.label or area.area for area in margins.areas} if margins else {}
    return labels.get(code, code) if code else "utenfor områdene"
