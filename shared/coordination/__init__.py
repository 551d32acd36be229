"""What members agree on, by compare-and-set on the state store: leases, ballots, topics, requests."""
