"""What the functions need from the world, as protocols. Adapters implement them; contract tests hold them to it."""
