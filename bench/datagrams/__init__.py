"""Who sends and receives datagrams for `python -m bench packets`: a sender and a receiver, a process each.

Nothing is lost: the receiver answers every `WINDOW` datagrams with one, and the sender is never more than two
windows ahead. So the rate is that of the slower of the two.
"""

from __future__ import annotations

HOST = "127.0.0.1"
WINDOW = 64
AHEAD = 2
ANSWER = b"go on"
# Room for all that is on its way; the kernel counts some 2.5 KB for a datagram of 1,200 bytes.
BUFFER = 4 << 20
# Nobody waits longer for a datagram, in seconds.
PATIENCE = 5.0
# The receiver's room for one datagram.
LARGEST = 2048
