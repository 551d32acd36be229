"""Segments of a collection built anew, brought to every region, and served if they are good enough; or not."""
