"""What regions know of each other: where each keeps its state, who copies from whom, and at what price."""
