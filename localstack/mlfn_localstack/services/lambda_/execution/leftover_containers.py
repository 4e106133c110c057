"""Containers outlive an emulator that is killed: it notes its engine, and the next one ends them."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution.container_engine import Engine, EngineError

if TYPE_CHECKING:
    from pathlib import Path

_NOTE = "container-engine.json"
logger = logging.getLogger(__name__)


def state_id(state_dir: Path) -> str:
    """What tells this state directory from others."""
    return hashlib.sha256(str(state_dir.resolve()).encode()).hexdigest()[:16]


def note_engine(state_dir: Path, engine: Engine) -> None:
    """Remember that there may be containers."""
    document = {"name": engine.name, "program": engine.program, "options": engine.options}
    (state_dir / _NOTE).write_text(json.dumps(document))


def remove_leftovers(state_dir: Path) -> None:
    """End what an emulator before this one left running in containers, whatever runner this one has."""
    note = state_dir / _NOTE
    try:
        document = json.loads(note.read_bytes())
    except FileNotFoundError:
        return
    engine = Engine(name=document["name"], program=document["program"], options=tuple(document["options"]))
    try:
        engine.remove_labelled(state_id(state_dir))
    except EngineError as error:
        logger.warning("Containers of the last run may be left: %s", error)
        return
    note.unlink()
