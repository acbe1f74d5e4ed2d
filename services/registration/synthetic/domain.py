"""What made-up residents are called by the rules that ask."""

#: A status that no rule asks for: who has it is no member of a count, a threshold, a sample, a pool or a list.
STATUS = "synthetic"
#: Where such a person comes from; stays when the row is blanked.
SOURCE = "synthetic"
