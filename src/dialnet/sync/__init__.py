"""The face for threads: a call that has to wait blocks the calling thread. Floor 5."""
