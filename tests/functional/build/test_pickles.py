"""What pickled artefacts would import: found without loading them, told, held to at run time."""

from __future__ import annotations

import collections
import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pytest
from tests.functional.build.plans import manifest

from mlfn.errors import BuildError
from mlfn_engine.artefacts.pickles import PickleReader, dangerous
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import host_platform
from mlfn_engine.remote_asset import RemoteAsset

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.build.conftest import Project

WATCH = """
import sys
seen = set()
sys.addaudithook(lambda event, args: seen.add(f"{args[0]}.{args[1]}") if event == "pickle.find_class" else None)
import joblib
joblib.load(sys.argv[1])
print(*sorted(seen), sep="\\n")
"""
VALUE = {
    "weights": np.arange(1000, dtype="<f8").reshape(10, 100),
    "flags": np.array([True, False]),
    "labels": np.array(["good", "bad"]),
    "mixed": np.array([{"a": 1}, None, collections.Counter("ab")], dtype=object),
    "rows": np.zeros(3, dtype=[("a", "<i4"), ("b", "<f8")]),
    "when": np.array(["2026-01-01"], dtype="datetime64[D]"),
    "order": collections.OrderedDict(x=complex(1, 2)),
}


class Evil:
    """Runs a command when it is loaded."""

    def __reduce__(self) -> tuple[Any, ...]:
        """What pickle stores."""
        import os  # noqa: PLC0415  its name is what matters

        return os.system, ("touch /tmp/never",)


def names(path: Path, tmp_path: Path) -> tuple[str, ...] | None:
    """What a file would import."""
    return PickleReader(tmp_path / "cache").names(path)


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3)], ids=str)
def test_what_joblib_would_import_is_found_without_importing_it(tmp_path: Path, compress: Any) -> None:
    path = tmp_path / "model.joblib"
    joblib.dump(VALUE, path, compress=compress)

    told = subprocess.check_output([sys.executable, "-c", WATCH, str(path)], text=True).split()

    assert names(path, tmp_path) == tuple(told)


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_of_pickle_is_read(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(VALUE, protocol=protocol))

    told = subprocess.check_output([sys.executable, "-c", WATCH, str(path)], text=True).split()

    assert set(told) >= {"collections.OrderedDict"}
    assert names(path, tmp_path) == tuple(told)


def test_a_torch_archives_pickle_is_read_with_its_tensors_left_where_they_are(tmp_path: Path) -> None:
    class Tensors(pickle.Pickler):
        def persistent_id(self, obj: Any) -> Any:
            return ("storage", "0") if isinstance(obj, bytes) else None

    inner = tmp_path / "data.pkl"
    with inner.open("wb") as file:
        Tensors(file).dump(collections.OrderedDict(weight=b"tensor"))
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
        archive.write(inner, "model/data.pkl")

    assert names(tmp_path / "model.pt", tmp_path) == ("collections.OrderedDict",)


@pytest.mark.parametrize("name", ["weights.bin", "weights.pt", "notes.pkl"])
def test_what_is_no_pickle_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x00\x01weights")

    assert names(tmp_path / name, tmp_path) is None


def test_a_damaged_pickle_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(VALUE)[:200])

    with pytest.raises(BuildError, match=r"model\.pkl is a pickle that cannot be followed to its end"):
        names(tmp_path / "model.pkl", tmp_path)


def test_an_extension_code_cannot_hide_a_name(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"\x80\x02\x82\x01.")

    with pytest.raises(BuildError, match="uses the extension code 1"):
        names(tmp_path / "model.pkl", tmp_path)


HIDDEN = {
    "reduce": pickle.dumps([1, Evil()]),
    "by-memo": b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x940h\x00h\x01\x93\x8c\x02id\x85R.",
    "inst": b"(S'id'\nios\nsystem\n.",
    "in-an-array": b"",
}


@pytest.mark.parametrize("trick", HIDDEN)
def test_a_command_is_found_however_it_is_written(tmp_path: Path, trick: str) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(HIDDEN[trick])
    if trick == "in-an-array":
        joblib.dump(np.array([Evil()], dtype=object), path)

    found = names(path, tmp_path)

    assert found is not None
    assert {name.partition(".")[2] for name in dangerous(found, ())} == {"system"}


APP = {
    "mood.py": "import pickle\n\ndef sentiment(text: str) -> float:\n    return 1.0\n",
    "pyproject.toml": "[tool.mlfn]\n",
}


def test_the_manifest_lists_what_the_artefacts_import(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project(APP)
    (project.root / "model.pkl").write_bytes(pickle.dumps(collections.Counter("ab")))
    (project.root / "weights.bin").write_bytes(b"w")
    function = project.model("mood:sentiment", assets=("model.pkl", "weights.bin"))

    made = plan_image(function, project.graph(function), host_platform(), cache=cache)

    assert manifest(made)["pickles"] == ["collections.Counter"]


def test_a_pickle_in_s3_imports_what_the_project_allows(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project({**APP, "pyproject.toml": '[tool.mlfn]\nallow-pickle = ["collections.Counter"]\n'})
    remote = RemoteAsset(bucket="acme", key="llm/model.pkl", version="v1", sha256="ab" * 32, place="/mnt/model.pkl")
    function = project.model("mood:sentiment", remote_assets=(remote,))

    made = manifest(plan_image(function, project.graph(function), host_platform(), cache=cache))

    assert made["pickles"] == ["collections.Counter"]
    assert made["assets"] == [
        {
            "name": "model.pkl",
            "bucket": "acme",
            "key": "llm/model.pkl",
            "sha256": "ab" * 32,
            "version": "v1",
            "to": "/mnt/model.pkl",
        }
    ]


def test_a_model_without_pickles_is_not_restricted(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project(APP)
    function = project.model("mood:sentiment")

    assert "pickles" not in manifest(plan_image(function, project.graph(function), host_platform(), cache=cache))


def test_an_artefact_that_would_run_commands_is_refused_unless_it_is_allowed(
    new_project: Callable[..., Project], cache: Path
) -> None:
    project = new_project(APP)
    (project.root / "model.pkl").write_bytes(pickle.dumps(Evil()))
    function = project.model("mood:sentiment", assets=("model.pkl",))

    with pytest.raises(BuildError, match=r"model\.pkl would import posix\.system when it is loaded"):
        plan_image(function, project.graph(function), host_platform(), cache=cache)
    project.write({"pyproject.toml": '[tool.mlfn]\nallow-pickle = ["posix.system"]\n'})

    made = plan_image(function, project.graph(function), host_platform(), cache=cache)
    assert manifest(made)["pickles"] == ["posix.system"]


GUARDED = """
import collections, fractions, json, pickle, sys
from mlfn.runtime.pickles import PickleRefusedError, guard
good, plain, strange = (pickle.dumps(v) for v in (collections.Counter("ab"), {1, 2}, fractions.Fraction(1, 2)))
guard(["collections.Counter"])
told = [repr(pickle.loads(good)), repr(pickle.loads(plain))]
for load in (pickle.loads, pickle._loads):
    try:
        load(strange)
    except PickleRefusedError as error:
        told.append(str(error).partition(",")[0])
print(json.dumps(told))
"""


def test_at_run_time_nothing_else_is_loaded() -> None:
    told = json.loads(subprocess.check_output([sys.executable, "-c", GUARDED], text=True))

    assert told[:2] == ["Counter({'a': 1, 'b': 1})", "{1, 2}"]
    assert told[2:] == ["A pickle would import fractions.Fraction"] * 2
