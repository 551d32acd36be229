"""Calls that wait or reach out: HTTP, sleeping, logging, callbacks, and the connectors in use."""
