"""What ships: one source bundle per function, and what is generated from the topology."""
