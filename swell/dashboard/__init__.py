"""The dashboard: one page, the same for a running Swell, for a rehearsal and inside a report."""
