"""Reports of one run: Markdown, JSON, JUnit, one HTML page, PDF."""
