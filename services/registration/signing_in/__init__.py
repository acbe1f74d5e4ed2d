"""Signing in to the own page by a link in a mail, once per link, and signing out."""
