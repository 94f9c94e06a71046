"""Starting a thread, in the middle of which a signal handler may raise."""

from __future__ import annotations

import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["start"]


def start(
    call: Callable[[], object], name: str, otherwise: Callable[[BaseException], object] | None = None
) -> threading.Thread:
    """Have `call` made in a daemon thread of that name, or else `otherwise` here, never both.

    `otherwise` is given the reason. Where that is a want of threads, its `RuntimeError` is raised only if
    there is no `otherwise`, or by it; what a signal handler raised (Ctrl-C) is always raised, whether or not
    the thread has begun by then.

    `Thread.start` alone leaves both open. It waits until the new thread runs, on a condition that lets go of
    a lock and takes it again: what a handler raises between the two leaves a `with` whose lock is not held,
    and comes out as the RuntimeError of its release. Who takes that for a want of threads goes on as if no
    signal had come, beside a thread that runs. Raised before, it leaves a thread that never was; raised
    when the lock was taken and its `with` not begun, one that waits for that lock for ever.
    """
    begun = thread = handled = err = None
    try:
        try:
            handled = sys.exc_info()[1]
            if sys.is_finalizing():
                # Until Python 3.12 it would never begin, and `Thread.start` wait for it.
                raise RuntimeError("can't create a new thread at interpreter shutdown")
            begun = threading.Lock()

            def run() -> None:
                if begun.acquire(blocking=False):
                    call()

            thread = threading.Thread(target=run, name=name, daemon=True)
            thread.start()
            return thread
        except BaseException as caught:
            err = caught
            if isinstance(caught, RuntimeError) and caught.__context__ is not handled:
                err = caught.__context__ or caught
        if otherwise is not None and (begun is None or begun.acquire(blocking=False)):
            otherwise(err)
            if thread is not None and isinstance(err, RuntimeError):
                return thread
        raise err
    finally:
        # Its traceback keeps this frame.
        del err, handled
