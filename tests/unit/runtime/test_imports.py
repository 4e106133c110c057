"""What a function imports before its user's code: every module here is paid for in every cold start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ALLOWED = {
    *{"__future__", "_abc", "_codecs", "_collections_abc", "_io", "_json", "_signal", "_socket", "_stat", "_thread"},
    *{"_warnings", "_weakref", "abc", "binascii", "builtins", "codecs", "encodings", "encodings.aliases", "stat"},
    *{"encodings.utf_8", "encodings.ascii", "gc", "genericpath", "io", "marshal", "os", "os.path", "posix", "time"},
    *{"posixpath", "sys", "zipimport", "_frozen_importlib", "_frozen_importlib_external", "_imp", "__main__"},
    *{"_operator", "_sha256", "_sha2"},
}
FRAMEWORK = Path(__file__).parents[3] / "framework"


def modules_after(code: str) -> set[str]:
    return set(
        subprocess.run(
            [sys.executable, "-S", "-c", f"{code}; import sys; print(*sys.modules)"],
            env={"PYTHONPATH": str(FRAMEWORK)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
    )


def test_the_runtime_imports_nothing_that_is_not_needed_for_a_call() -> None:
    bare = modules_after("pass")  # Python 3.13 needs more than 3.11 for -c alone

    found = modules_after("import mlfn.runtime.loop, mlfn.runtime.model")

    assert {name for name in found if name.partition(".")[0] != "mlfn"} <= ALLOWED | bare
    assert "mlfn.runtime.sigv4" not in found
    assert "mlfn.audit.record" not in found
