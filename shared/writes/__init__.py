"""Accepting writes: checked against the declaration of their collection, given a revision, published."""
