"""Changes of the tables that every schema has; each file is one change, for all five."""
