"""How sockets are made: options, families, connecting, binding; dialing and listening built of these.

Floor 4. Multi-step work is written once, as coroutines over `poll.waits`; the faces drive it.
"""
