"""What becomes of one process that is offered many times what it can answer."""
