"""Faults: why the fence is there, a seeded simulation of all services, and kills on the real stack."""
