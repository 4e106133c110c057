"""A project of three models, and what its plans hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_engine.images.values import FilesLayer

if TYPE_CHECKING:
    from mlfn_engine.images.values import ImagePlan

MODELS = {
    "words.py": "def clean(text: str) -> str:\n    return text.strip()\n",
    "mood.py": "from words import clean\n\ndef sentiment(text: str) -> float:\n    return float(len(clean(text)))\n",
    "ocr.py": "def extract(page: str) -> str:\n    return page\n",
    "app.py": "from mood import sentiment\nfrom ocr import extract\n\ndef judge(page: str) -> float:\n    return 1.0\n",
}


def paths(plan: ImagePlan, layer: str) -> list[str]:
    """The files of a layer but for byte code."""
    files = next(each for each in plan.layers if each.name == layer)
    assert isinstance(files, FilesLayer)
    return [file.path for file in files.files if not file.path.endswith(".pyc")]


def manifest(plan: ImagePlan) -> dict[str, Any]:
    """A plan's manifest."""
    files = next(each for each in plan.layers if each.name == "code")
    assert isinstance(files, FilesLayer)
    source = next(file.source for file in files.files if file.path == "var/task/mlfn-manifest.json")
    assert isinstance(source, bytes)
    found: dict[str, Any] = json.loads(source)
    return found
