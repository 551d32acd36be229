"""Everything at once, for minutes: answers checked, writes remembered, processes and Redis killed, leaks looked for."""
