"""Ports kept in the state store, where no platform offers them: on this machine, embedded or on emulators."""
