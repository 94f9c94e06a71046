"""One descriptor made safe, the waits on it, and who answers them.

Floor 2. `fd.py` holds what a descriptor knows; `threads.py` and `tasks.py` are the two ways to wait
for it; `waits.py` is the vocabulary that multi-step work is written in, and `thread_host.py`,
`task_host.py` and `virtual.py` are who answers it.
"""
