"""Long-running imports and exports: what is asked for, how far it is, and the next step."""
