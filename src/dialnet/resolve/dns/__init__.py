"""DNS messages (RFC 1035): queries written, answers read. Nothing in here does I/O."""
