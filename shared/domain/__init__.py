"""Pure values and rules: collections, limits, versions, sharding. Standard library only."""
