"""The ports in memory. `tests/contracts` holds them to what the adapters do."""
