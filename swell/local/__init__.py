"""Hosts every function on one machine: embedded, or on Google's emulators."""
