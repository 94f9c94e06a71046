"""Ways to resolve a name other than the Python resolver: the C library's, Plan 9's, Windows'."""
