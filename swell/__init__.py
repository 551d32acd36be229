"""What people run on their own machine: the command line, the local runtime, the bundles."""
