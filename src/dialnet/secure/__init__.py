"""TLS without the waiting: what `dialnet.tls` and `dialnet.aio.tls` stand on. Loads with them, and `ssl` with
it.

The standard `ssl` library speaks TLS in memory (`engine.py`); `steps.py` says in which order one reads,
writes and takes turns, written once; a face only does as it is told.
"""
