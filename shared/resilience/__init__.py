"""Staying useful while something else is not: beliefs, breakers, retries, an orderly end."""
