"""The ports on SQLite files and a directory: durable, crash-safe, no service to start.

For Linux and macOS, on a local file system (SQLite's WAL and `flock` need one).
Several threads and several processes may use the same files; a process that forks opens them after the fork.
Imports nothing outside the standard library.
"""
