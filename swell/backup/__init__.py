"""Backups of a deployment in another bucket or directory, and the way back."""
