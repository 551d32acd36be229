"""Back-tests of the burst forecast on recorded traces: the code that is deployed, run on the past."""
