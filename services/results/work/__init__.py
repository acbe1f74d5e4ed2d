"""Everything the panel has done, built from events alone."""
