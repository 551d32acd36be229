"""The protocols that the generator speaks: bytes in, bytes out, without a socket."""
