"""How interest in a descriptor, and reports about it, are written down."""

__all__ = ["HANGUP", "ONCE", "POLL_READ", "POLL_WRITE", "READ", "WRITE"]

READ = 1
WRITE = 2
# The peer is gone, or the connection failed, or urgent data lies in the way: from now on a short
# read no longer means that the queue is empty.
HANGUP = 4
# The interest ends with the first report, and then need not be withdrawn.
ONCE = 8

# What poll(2) calls them, with the same numbers on every system that has it.
POLL_READ = 1
POLL_WRITE = 4
