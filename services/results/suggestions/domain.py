"""The rules of a suggestion: possible outcomes, and the mails to its sender."""

from dataclasses import astuple, dataclass, replace
from hashlib import sha256

#: States that end the matter for now and are published as a fact.
DECIDED = ("answered", "forwarded", "merged", "declined")
STATES = ("new", "considered", *DECIDED)


@dataclass(frozen=True)
class Decision:
    """What staff decided."""

    state: str
    answer: str
    public: bool
    public_heading: str
    public_text: str
    forwarded_to: str
    merged_into: str
    """Slug of the public matter it joins."""


def settled(decision: Decision) -> Decision:
    """The decision without fields that its state does not use."""
    return replace(
        decision,
        forwarded_to=decision.forwarded_to if decision.state == "forwarded" else "",
        merged_into=decision.merged_into if decision.state == "merged" else "",
    )


def mark(decision: Decision) -> str:
    """A fingerprint of the decision a page shows; it differs once somebody has decided otherwise."""
    return sha256(repr(astuple(decision)).encode()).hexdigest()[:16]


def problems(decision: Decision) -> dict[str, str]:
    """Field -> what is missing for this decision, in Bokmål."""
    missing: dict[str, str] = {}
    if decision.state in ("answered", "declined") and not decision.answer:
        missing["answer"] = "Skriv et svar"
    if decision.state == "forwarded" and not decision.forwarded_to:
        missing["forwarded_to"] = "Skriv hvem saken er sendt til"
    if decision.state == "merged" and not decision.merged_into:
        missing["merged_into"] = "Velg saken den er slått sammen med"
    if decision.public and not decision.public_heading:
        missing["public_heading"] = "Skriv overskriften som skal vises"
    if decision.public and not decision.public_text:
        missing["public_text"] = "Skriv teksten som skal vises"
    return missing


def notice_of(before: str, decision: Decision, answer_before: str | None) -> str | None:
    """The mail the sender gets: ``answer``, ``status``, or None when nothing they are told has changed."""
    if decision.answer and decision.answer != (answer_before or ""):
        return "answer"
    return "status" if decision.state != before and decision.state != "new" else None
