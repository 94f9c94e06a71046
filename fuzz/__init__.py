"""Fuzzing with atheris, which keeps and changes the inputs that reach new code. `./dev fuzz [SECONDS]`."""
