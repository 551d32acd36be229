"""The ports on real services: Google Cloud, or SQLite and a directory."""
