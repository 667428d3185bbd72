"""The lock of a run directory: one process writes at a time."""

import os
import sys
from pathlib import Path

if sys.platform != "win32":
    import fcntl


def lock_of(path: Path) -> int | None:
    """A descriptor that holds the lock of a directory; None where the system has no such locks.

    The directory is locked and no file in it, so that nothing is left behind and a run on a disk
    that is read only can be locked as well.
    """
    if sys.platform == "win32":
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:  # what may not be read is explained where it is written to
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise BlockingIOError(
            f"another training is writing to {path} just now: wait for its end, or choose another "
            "directory"
        ) from None
    except OSError:  # some network file systems have no locks
        os.close(descriptor)
        return None
    return descriptor
