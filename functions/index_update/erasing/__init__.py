"""Erasing records: rewriting what holds them, letting go of what is old, looking whether anything is left."""
