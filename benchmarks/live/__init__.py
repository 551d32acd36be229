"""A scenario played against a real `swell up` on this machine: the same shape, in the seconds that it has time for."""
