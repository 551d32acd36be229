"""Scenarios as data: one YAML file each, which the live load, the simulator and the k6 export read alike."""
