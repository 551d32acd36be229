"""Rehearsal: a scenario played against the fleet, simulated or live, and the record of how it went."""
