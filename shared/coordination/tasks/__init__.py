"""Tasks that regions do for each other: a request with a priority, a deadline and a result, done once."""
