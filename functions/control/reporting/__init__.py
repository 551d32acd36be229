"""The daily report: what is read for it, how it is kept, and how it looks."""
