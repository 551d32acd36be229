"""Swell and its peers, measured in one run in turns."""
