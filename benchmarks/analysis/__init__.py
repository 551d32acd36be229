"""What a run proves, what stood out in it, what limited it: pure functions over its record."""
