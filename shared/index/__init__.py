"""Segments, manifests and search: numpy and annoy, no cloud."""
