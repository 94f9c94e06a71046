"""What is a connection and no socket: pipes, and a network in memory. Floor 4.

`half.py` is what an `FD` is elsewhere; `pipe.py`, `stream.py`, `packets.py` and `backlog.py` are the state
that two ends share, `network.py` who listens by which name. `ends.py` and `kinds.py` hold what never waits;
the faces add the calls that do, which are `take_turn` on one of these.
"""
