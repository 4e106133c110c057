"""What `import mlfn` pulls in: a cold start pays for each module."""

from __future__ import annotations

import json
import subprocess
import sys

ALLOWED = {
    "mlfn",
    "mlfn.app",
    "mlfn.declare",
    "mlfn.errors",
    "mlfn.flow",
    "mlfn.origin",
    "__future__",
}


def imported_by(statement: str) -> set[str]:
    script = f"import sys; before = set(sys.modules); {statement}; import json; "
    script = script.replace(
        "import json; ", "found = sorted(set(sys.modules) - before); import json; print(json.dumps(found))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_import_mlfn_pulls_in_nothing_but_its_own_modules() -> None:
    assert imported_by("import mlfn") <= ALLOWED


def test_marking_a_model_imports_nothing_more() -> None:
    assert imported_by("import mlfn; mlfn.model(memory_mb=512)(lambda value: value)") <= ALLOWED
