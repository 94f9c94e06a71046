"""The machine's resolver configuration: a reader for each file, given its path."""
