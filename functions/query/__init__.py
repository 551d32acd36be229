"""Query: answers searches and fetches from memory-mapped segments."""
