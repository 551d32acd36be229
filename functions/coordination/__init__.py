"""Coordination over HTTP: who is there, ballots, leases, and the steps of moving a home."""
