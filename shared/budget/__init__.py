"""Limits of spending and who may change them: what control and budget enforcement share."""
