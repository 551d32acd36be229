"""APIs of Google on loopback that keep what they are told, where there is no emulator."""
