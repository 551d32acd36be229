"""What one running Swell is enough for: it is started once for each runtime."""
