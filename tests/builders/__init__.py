"""Ready-made worlds for tests."""
