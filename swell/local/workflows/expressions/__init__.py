"""Expressions, `${…}`: read once when a workflow is loaded, evaluated each time a step runs."""
