"""A load generator that is not the bottleneck: its own process, requests encoded beforehand, raw sockets."""
