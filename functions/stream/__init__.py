"""Stream: standing queries, pushed when a commit changes their answer."""
