"""Mechanism shared by the five services: contracts, delivery, database, pages. It does not know what a member is."""
