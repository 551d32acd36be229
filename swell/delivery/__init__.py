"""Brings a release to every region, a share of the traffic at a time, and takes it back where it does harm."""
