"""Reading collections: heads, opened versions, searches; what query and stream have in common."""
