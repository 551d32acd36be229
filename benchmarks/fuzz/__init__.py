"""Requests made from the served OpenAPI document, valid and invalid, and what is wrong with the answers."""
