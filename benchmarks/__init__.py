"""Measures Swell beside its peers, and says what limits it."""
