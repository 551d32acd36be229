"""Burst prediction: foresees crowds from load history and the event calendar, and plans instances for them."""
