"""Benchmarks: dialnet beside what else Python offers. `python -m bench echo` from the repository's root."""
