"""How much is asked of the system at once."""

__all__ = ["CHUNK", "DATAGRAM"]

# `recv(n)` sets n bytes aside before it knows how many there are. Four times the largest default
# receive buffer a fast connection fills between two reads. A stream may always return less.
CHUNK = 262_144
# The most a UDP datagram can carry is 65,507 bytes; a Unix datagram may be larger.
DATAGRAM = 65_536
