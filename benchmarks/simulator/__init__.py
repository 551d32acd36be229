"""A fleet in numbers: regions of cohorts, set by the deployed policy functions. All that comes of it is SIMULATED."""
