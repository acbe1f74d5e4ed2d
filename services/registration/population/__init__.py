"""The population the panel should mirror, and how well it does."""
