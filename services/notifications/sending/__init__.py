"""How a mail goes out once: claimed with a fence, journaled, handed over, marked."""
