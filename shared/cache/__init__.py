"""Segments of the object store on this machine: fetched, verified, kept while they are used."""
