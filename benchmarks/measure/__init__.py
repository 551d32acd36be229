"""What is measured beside answers: times in summary, memory, bytes on disk, the machine."""
