"""Ingest: takes collections and writes over HTTP and publishes accepted mutations."""
