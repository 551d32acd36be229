"""Erasures: deletes after which nothing that is stored holds the records, and the receipts that say so."""
