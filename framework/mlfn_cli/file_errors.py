"""What the file system refuses, in a sentence: no mistake of ours, so no traceback."""

from __future__ import annotations

import errno

from mlfn.errors import MlfnError

_RIGHTS = "Give this user the right to, or work in a directory of its own; MLFN_CACHE names one for what builds keep."
_HINTS = {
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: _RIGHTS,
    errno.ENOSPC: "Make room, then run again.",
    errno.EDQUOT: "Make room, then run again.",
    errno.ENOTDIR: "A part of that path is a file.",
    errno.EISDIR: "Name a file; that is a directory.",
    errno.ENAMETOOLONG: "Use a shorter path.",
    errno.ELOOP: "A symbolic link in that path leads back to itself.",
    errno.EMFILE: "Allow more open files (ulimit -n), then run again.",
}
"""What to do about each; anything else that goes wrong with a file (that it is not there) is told where it is meant."""


def file_error(error: Exception) -> MlfnError | None:
    """A refusal of the file system as an error that a user can mend; None if it is none, or names no file."""
    if not isinstance(error, OSError) or error.errno not in _HINTS or error.filename is None:
        return None
    path = error.filename.decode(errors="replace") if isinstance(error.filename, bytes) else str(error.filename)
    return MlfnError(f"{path}: {error.strerror}.", hint=_HINTS[error.errno])
