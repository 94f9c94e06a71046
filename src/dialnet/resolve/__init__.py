"""From names to addresses and ports. Floor 3.

`pool.py` asks the C library in daemon threads, `system.py` says what, `candidates.py` turns
`network, address` into the list of addresses that a dial tries or a listener binds.
"""
