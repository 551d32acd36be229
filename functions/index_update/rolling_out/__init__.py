"""The steps of a rollout that need a shard's segments."""
