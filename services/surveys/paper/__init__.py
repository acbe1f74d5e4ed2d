"""A survey on paper: printed with a code, keyed in by staff, sealed and counted as any other answer."""
