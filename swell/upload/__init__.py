"""Sending a file of vectors to a server over HTTP, so that it can be interrupted and goes on where it was."""
