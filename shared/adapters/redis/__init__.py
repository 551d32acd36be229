"""What instances share through Redis or Memorystore, where one is configured. All of it can be lost without harm."""
