"""Which region answers whom: pure policy for the client, the front door, the balancer and the simulator."""
