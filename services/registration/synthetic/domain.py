"""Who is made up, and what they are called by the rules that ask."""

from shared.addresses import address_key

#: A status that no rule asks for: who has it is no member of a count, a threshold, a sample, a pool or a list.
STATUS = "synthetic"
#: Where such a person comes from; stays when the row is blanked.
SOURCE = "synthetic"


def is_made_up(email: str, synthetic_email: str) -> bool:
    """Whether the address is the one that PANEL_SYNTHETIC_EMAIL gives to made-up residents."""
    return bool(synthetic_email) and address_key(email) == address_key(synthetic_email)
