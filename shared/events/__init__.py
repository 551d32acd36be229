"""The contracts of what travels on Pub/Sub."""
