"""Staff take existing members in from a file."""
