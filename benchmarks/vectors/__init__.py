"""The vectors that are searched, the queries, and the exact answers."""
