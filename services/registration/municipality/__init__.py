"""The municipality's profile, as staff change it."""
