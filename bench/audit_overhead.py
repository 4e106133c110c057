"""R13: what auditing costs a call and a start, by mode, against the same runtime without it.

    .venv/bin/python bench/audit_overhead.py [rounds]

Whole processes, interleaved start by start and call by call, in front of a table that takes 4 ms for a put. In path:
from the event to the answer. Turn: from the event to the next one, which is what occupies and bills an environment.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import runtime as whole
from endpoints.runtime_api import RuntimeApi
from endpoints.table import Table

CALLS_A_ROUND = 40
CALLS_PER_S = 50
MODEL_S = 0.05
"""What a model takes by itself, to say how many environments such a load needs."""
IN_PATH_TARGET_US, COLD_TARGET_MS = 100, 10


def main() -> None:
    """Measure and print."""
    rounds = max(int(sys.argv[1]), 2) if len(sys.argv) > 1 else 15  # the first round of calls only warms up
    with tempfile.TemporaryDirectory() as folder, Table() as table:
        variants = prepare(Path(folder))
        for _ in range(rounds):
            for variant in variants:
                whole._cold(variant, table.url)
        warm(variants, table.url, calls=rounds * CALLS_A_ROUND)
        print(f"{rounds} starts and {len(variants[0].warm)} warm calls each")
        report(variants)


def prepare(folder: Path) -> list[whole.Variant]:
    """The same model without audit, in both modes, and with a data key, as a deployed function has one."""
    core, own = folder / "core", folder / "mlfn"
    shutil.copytree(whole.SITE / "pydantic_core", core / "pydantic_core")
    shutil.copytree(whole.ROOT / "framework/mlfn", own / "mlfn")
    key = folder / "key"
    key.touch(mode=0o600)
    key.write_text(bytes(range(32)).hex())
    keyed = {"MLFN_DATA_KEY_FILE": os.fspath(key)}
    variants = []
    for name, source, mode, environ in (
        ("audit off", whole.AUDIT_OFF, "standard", {}),
        ("standard", whole.BUILTIN, "standard", {}),
        ("standard, data key", whole.BUILTIN, "standard", keyed),
        ("strict", whole.BUILTIN, "strict", {}),
        ("strict, data key", whole.BUILTIN, "strict", keyed),
    ):
        task = whole._task(folder / name.replace(", ", "-").replace(" ", "-"), source, whole._builtin_contracts())
        manifest = task / "mlfn-manifest.json"
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "audit": {"mode": mode}}))
        command = [str(whole.PYTHON), "-S", "-c", "from mlfn.runtime.loop import main; main()"]
        variants.append(whole.Variant(name, command, [task, core, own], task, environ))
    whole.compile_all(folder)
    return variants


def warm(variants: list[whole.Variant], table: str, *, calls: int) -> None:
    """Call after call, each of a different variant, so that none finds more of itself in the caches than the others."""
    running = []
    for variant in variants:
        api = RuntimeApi(whole.EVENT)
        running.append((variant, api, whole._spawn(variant, api, table)))
    try:
        for _, api, _ in running:
            api.wait_next()
        for number in range(calls):
            for variant, api, _ in running:
                time.sleep(whole.IDLE_S)
                begin = time.perf_counter()
                answered, asked = api.answer(), api.wait_next()
                if number >= CALLS_A_ROUND:
                    variant.warm.append(answered - begin)
                    variant.turn.append(asked - begin)
    finally:
        for _, api, process in running:
            whole._end(process, api)


def report(variants: list[whole.Variant]) -> None:
    """One line a variant, differences against the first."""
    off = variants[0]
    head = ("in path p50", "+", "turn p50", "to first next", "+", "to first answer", "+", f"at {CALLS_PER_S}/s")
    print(f"{'':20}" + "".join(f"{each:>17}" for each in head))
    for variant in variants:
        warm_us, turn_s = statistics.median(variant.warm) * 1e6, statistics.median(variant.turn)
        start_ms, answer_ms = _cold_ms(variant, "first next"), _cold_ms(variant, "first answer")
        cells = (
            f"{warm_us:.0f} us",
            f"{warm_us - statistics.median(off.warm) * 1e6:+.0f} us",
            f"{turn_s * 1e3:.2f} ms",
            f"{start_ms:.1f} ms",
            f"{start_ms - _cold_ms(off, 'first next'):+.1f} ms",
            f"{answer_ms:.1f} ms",
            f"{answer_ms - _cold_ms(off, 'first answer'):+.1f} ms",
            f"{CALLS_PER_S * (MODEL_S + statistics.mean(variant.turn)):.2f} envs",
        )
        print(f"{variant.name:20}" + "".join(f"{each:>17}" for each in cells))
    print(f"targets, standard: in path <= +{IN_PATH_TARGET_US} us, to the first next <= +{COLD_TARGET_MS} ms")
    print(f"environments needed at {CALLS_PER_S} calls/s of a model that takes {MODEL_S * 1e3:.0f} ms: calls/s x turn")


def _cold_ms(variant: whole.Variant, what: str) -> float:
    return statistics.median(variant.samples[what]) * 1e3


if __name__ == "__main__":
    main()
