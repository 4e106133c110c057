"""Cold start, warm answers and the cost of audit of mlfn's runtime, against a bare handler under awslambdaric.

    .venv/bin/python bench/runtime.py [rounds] [--shared]

Whole processes, interleaved: starts one by one, each round in another order; warm calls in short runs,
one variant's after the other's, of which the first calls only warm up, so that each has the machine's caches to itself
and the same load. Medians, and the median of each round's or run's ratio to the bare handler's. Standard output is a
pipe that another process reads, as in Lambda: waking the reader is part of what a line costs. From an answer to the
next event it is the same time for all, whatever they do in it, and functions have a processor of their own, which
the client never shares (endpoints/processors.py says why; `--shared` leaves it to the scheduler, as this bench did
until November 2026; the bare function then answers from its client's processor, and ours from a halted one. Until then,
too, standard output was /dev/null; each variant's 200 warm calls were made in one go, so that the load of its seconds
was part of its ratio; and the pause began when the next event was asked for, so that a function that puts a record lay
idle for almost twice as long as the bare one, and found less of itself in the caches.)
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import py_compile
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from endpoints.runtime_api import RuntimeApi
from endpoints.surroundings import Surroundings
from pydantic import TypeAdapter
from pydantic_core import __version__ as core_version

from mlfn.runtime.calls import read_call
from mlfn.runtime.log import Log
from mlfn.runtime.manifest import Manifest
from mlfn.runtime.recorder import COMPLETED, Recorder

ROOT = Path(__file__).parents[1]
SITE = Path(sys.prefix) / f"lib/python3.{sys.version_info[1]}/site-packages"
PYTHON = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info[1]}"
ORDER_SEED = 13
WARM_RUNS, CALLS_A_RUN, WARMING_UP = 24, 20, 4
IDLE_S = 0.006
"""Between warm calls: a process that was busy until now answers faster than one that has slept, whatever it runs."""
TIDYING_UP_S = 0.006
"""Left to each function between its answer and that pause: a put takes 4.5 ms."""
EVENT = json.dumps({"text": "what a fine day " * 12}).encode()
KEYED = {"MLFN_DATA_BUCKET": "data", "MLFN_DATA_KEY": "keys/bench", "MLFN_STAGE": "dev"}
TARGETS = {"first next": 0.8, "first answer": 1.0, "warm answer": 1.0}

BARE = """
def handler(event, context):
    return {"label": "good", "score": len(event["text"]) / 1000}
"""
DATACLASS = """
from dataclasses import dataclass

@dataclass
class Review:
    text: str

@dataclass
class Sentiment:
    label: str
    score: float

def predict(review: Review) -> Sentiment:
    return Sentiment(label="good", score=len(review.text) / 1000)
"""
TYPED_DICT = """
from typing import TypedDict

class Review(TypedDict):
    text: str

class Sentiment(TypedDict):
    label: str
    score: float

def predict(review: Review) -> Sentiment:
    return {"label": "good", "score": len(review["text"]) / 1000}
"""
BUILTIN = """
def predict(text: str) -> dict[str, float]:
    return {"good": len(text) / 1000}
"""
AUDIT_OFF = (
    BUILTIN
    + """
from mlfn.runtime.recorder import Attempt, Recorder

Recorder.begin = lambda self, manifest, invocation, call: Attempt(manifest, "", "", "", 0)
Recorder.record_id = lambda self, attempt, phase: ""
Recorder.started = Recorder.store = lambda self, attempt: True
Recorder.ended = lambda self, attempt, phase, facts: ""
"""
)
"""mlfn has no such switch: this is what a call would take without one."""
TEXT = {"type": "str", "strict": True}
FLOAT = {"type": "float", "strict": True, "allow_inf_nan": False}


@dataclass
class Variant:
    """One way to serve the same function."""

    name: str
    command: list[str]
    path: list[Path]
    task: Path
    environ: dict[str, str] = field(default_factory=dict)
    samples: dict[str, list[float]] = field(default_factory=lambda: {"first next": [], "first answer": [], "rss": []})
    warm: list[float] = field(default_factory=list)
    turn: list[float] = field(default_factory=list)


Running = tuple[Variant, RuntimeApi, subprocess.Popen[bytes]]


def main() -> None:
    options = read_options(__doc__ or "")
    rounds = options.rounds
    with tempfile.TemporaryDirectory() as folder, Surroundings(shared=options.shared) as around:
        variants = _variants(Path(folder))
        measure_starts(variants, around, rounds)
        measure_warm(variants, around)
        _print(variants)
        audit_us = _audit_us(around.log)
    print(f"\naudit in the path of a warm call (two records, two writes): {audit_us:.0f} us (target <= 100)")


def read_options(about: str) -> argparse.Namespace:
    """How many rounds, and whether functions share their client's processor."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rounds", nargs="?", type=int, default=15)
    parser.add_argument("--shared", action="store_true", help="leave the functions' processor to the scheduler")
    parser.add_argument("--alternating", action="store_true", help=argparse.SUPPRESS)  # of audit_overhead.py
    return parser.parse_args()


def measure_starts(variants: list[Variant], around: Surroundings, rounds: int) -> None:
    """Start each variant once a round, none always after the same other one."""
    shuffled = Random(ORDER_SEED)  # noqa: S311 - no secret
    for _ in range(rounds):
        for variant in shuffled.sample(variants, len(variants)):
            _cold(variant, around)


def _variants(folder: Path) -> list[Variant]:
    ric, core, own = folder / "ric", folder / "core", folder / "mlfn"
    for name in ("awslambdaric", "simplejson"):
        shutil.copytree(SITE / name, ric / name)
    for file in (SITE / "snapshot_restore_py.py", *SITE.glob("runtime_client*.so")):
        shutil.copy(file, ric)
    shutil.copytree(SITE / "pydantic_core", core / "pydantic_core")
    shutil.copytree(ROOT / "framework/mlfn", own / "mlfn")
    loop = [str(PYTHON), "-S", "-c", "from mlfn.runtime.loop import main; main()"]
    bare = _task(folder / "bare", BARE, None)
    variants = [Variant("bare, awslambdaric", [str(PYTHON), "-m", "awslambdaric", "app.handler"], [bare, ric], bare)]
    for name, source, contracts in (
        ("mlfn, dataclasses", DATACLASS, _contracts(DATACLASS)),
        ("mlfn, TypedDict", TYPED_DICT, _contracts(TYPED_DICT)),
        ("mlfn, builtins", BUILTIN, _builtin_contracts()),
        ("mlfn, no audit", AUDIT_OFF, _builtin_contracts()),
    ):
        task = _task(folder / name.replace(", ", "-"), source, contracts)
        variants.append(Variant(name, loop, [task, core, own], task))
    builtin = variants[3]
    variants.insert(4, Variant("mlfn, data key", loop, builtin.path, builtin.task, environ=KEYED))
    compile_all(folder)
    return variants


def compile_all(folder: Path) -> None:
    """Byte code as images have it."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=2, force=True, invalidation_mode=mode)


def _task(folder: Path, source: str, contracts: tuple[Any, Any] | None) -> Path:
    folder.mkdir()
    (folder / "app.py").write_text(source)
    if contracts is not None:
        (folder / "mlfn-manifest.json").write_text(json.dumps(_manifest(contracts)))
    return folder


def _manifest(contracts: tuple[Any, Any]) -> dict[str, Any]:
    entries = [{"core": core, "pydantic_core": core_version, "schema_digest": "cd" * 32} for core in contracts]
    return {
        "manifest": 1,
        "kind": "model",
        "app": "bench",
        "name": "predict",
        "id": "bench.predict",
        "version": "0123456789ab",
        "artifact": "0123456789ab" + "00" * 26,
        "entrypoint": "app:predict",
        "load": None,
        "parameters": ["review" if contracts[0]["type"] == "dataclass" or "fields" in contracts[0] else "text"],
        "audit": {"mode": "standard"},
        "input": entries[0],
        "output": entries[1],
        "allow": [],
    }


def _contracts(source: str) -> tuple[Any, Any]:
    kind = "dataclass" if source is DATACLASS else "typed-dict"

    def schema(name: str, **fields: Any) -> Any:
        if kind == "typed-dict":
            each = {
                key: {"type": "typed-dict-field", "schema": value, "required": True} for key, value in fields.items()
            }
            return {"type": kind, "fields": each, "strict": True}
        arguments = [{"type": "dataclass-field", "name": key, "schema": value} for key, value in fields.items()]
        inner = {"type": "dataclass-args", "dataclass_name": name, "fields": arguments}
        return {
            "type": kind,
            "cls": {"$mlfn": f"app:{name}"},
            "cls_name": name,
            "fields": list(fields),
            "schema": inner,
            "strict": True,
        }

    return schema("Review", text=TEXT), schema("Sentiment", label=TEXT, score=FLOAT)


def _builtin_contracts() -> tuple[Any, Any]:
    # The event is an object; as a plain mapping it needs no class at all.
    mapping = json.loads(json.dumps(TypeAdapter(dict[str, str]).core_schema))
    return mapping, json.loads(json.dumps(TypeAdapter(dict[str, float]).core_schema))


def spawn(variant: Variant, api: RuntimeApi, around: Surroundings) -> subprocess.Popen[bytes]:
    """A function's process."""
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": ":".join(map(str, variant.path)),
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python3.{sys.version_info[1]}",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL": around.url,
        "LAMBDA_TASK_ROOT": str(variant.task),
        "MLFN_AUDIT_TABLE": "bench",
        "MLFN_IMAGE_DIGEST": "sha256:" + "ab" * 32,
        **variant.environ,
    }
    process = subprocess.Popen(variant.command, env=environ, cwd=variant.task, stdout=around.log)
    if around.processors is not None:
        os.sched_setaffinity(process.pid, around.processors)
    return process


def _cold(variant: Variant, around: Surroundings) -> None:
    api = RuntimeApi(EVENT)
    start = time.perf_counter()
    process = spawn(variant, api, around)
    try:
        variant.samples["first next"].append(api.wait_next() - start)
        variant.samples["first answer"].append(api.answer() - start)
        resident = Path(f"/proc/{process.pid}/statm").read_text().split()[1]
        variant.samples["rss"].append(int(resident) * os.sysconf("SC_PAGE_SIZE") / 2**20)
    finally:
        _end(process, api)


def measure_warm(variants: list[Variant], around: Surroundings) -> None:
    """Call each variant in short runs, one after the other, with equal pauses."""
    running = start_all(variants, around)
    try:
        for run in range(WARM_RUNS + 1):
            for variant, api, _ in running:
                for number in range(CALLS_A_RUN):
                    in_path_s, turn_s = timed_call(api)
                    time.sleep(max(TIDYING_UP_S - (turn_s - in_path_s), 0.0))
                    if run > 0 and number >= WARMING_UP:
                        variant.warm.append(in_path_s)
                        variant.turn.append(turn_s)
    finally:
        end_all(running)


def start_all(variants: list[Variant], around: Surroundings) -> list[Running]:
    """Every variant's process, waiting for its first event."""
    running = []
    for variant in variants:
        api = RuntimeApi(EVENT)
        running.append((variant, api, spawn(variant, api, around)))
    for _, api, _ in running:
        api.wait_next()
    return running


def end_all(running: list[Running]) -> None:
    """End them."""
    for _, api, process in running:
        _end(process, api)


def timed_call(api: RuntimeApi) -> tuple[float, float]:
    """How long the answer took after a pause, and how long until the next event was asked for."""
    time.sleep(IDLE_S)
    begin = time.perf_counter()
    answered, asked = api.answer(), api.wait_next()
    return answered - begin, asked - begin


def _end(process: subprocess.Popen[bytes], api: RuntimeApi) -> None:
    process.kill()
    process.wait()
    api.close()


def _audit_us(log: int) -> float:
    """What begin, the started line and the completed line take, writing to a pipe that is read."""
    manifest = Manifest(_manifest(_builtin_contracts()))
    environ = {"AWS_LAMBDA_FUNCTION_NAME": "bench", "AWS_LAMBDA_FUNCTION_VERSION": "1"}
    recorder = Recorder(manifest, environ, Log(log))
    invocation: Any = _Invocation()
    call = read_call(invocation)
    facts = {"oh": "A" * 43, "ob": 28}
    samples = []
    for _ in range(3000):
        begin = time.perf_counter()
        attempt = recorder.begin(manifest, invocation, call)
        recorder.started(attempt)
        recorder.ended(attempt, COMPLETED, dict(facts))
        samples.append(time.perf_counter() - begin)
        recorder.store(attempt)
    return statistics.median(samples) * 1e6


class _Invocation:
    invocation_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
    alias = "live"
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
    client_context = None
    payload = EVENT
    deadline_ms = int(time.time() * 1000) + 600_000


def _print(variants: list[Variant]) -> None:
    bare = variants[0]
    print(f"{'':22}{'first next':>20}{'first answer':>20}{'warm answer':>20}{'turn':>12}{'RSS':>10}")
    for variant in variants:
        cells = [
            f"{statistics.median(variant.samples[what]) * 1e3:9.1f} ms {_ratio(variant, bare, what):6.2f}x"
            for what in ("first next", "first answer")
        ]
        warm, turn = statistics.median(variant.warm), statistics.median(variant.turn)
        cells.append(f"{warm * 1e6:9.0f} us {_warm_ratio(variant, bare):6.2f}x")
        rss = statistics.median(variant.samples["rss"])
        print(f"{variant.name:22}" + "".join(f"{cell:>20}" for cell in cells) + f"{turn * 1e3:9.2f} ms{rss:7.1f} MB")
    print("targets: " + ", ".join(f"{name} <= {value}x" for name, value in TARGETS.items()))


def _ratio(variant: Variant, bare: Variant, what: str) -> float:
    pairs = zip(variant.samples[what], bare.samples[what], strict=True)
    return statistics.median([own / other for own, other in pairs])


def _warm_ratio(variant: Variant, bare: Variant) -> float:
    size = CALLS_A_RUN - WARMING_UP
    runs = range(0, len(bare.warm), size)
    medians = [[statistics.median(each.warm[at : at + size]) for at in runs] for each in (variant, bare)]
    return statistics.median([own / other for own, other in zip(*medians, strict=True)])


if __name__ == "__main__":
    main()
