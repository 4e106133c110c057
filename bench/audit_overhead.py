"""R13: what auditing costs a call and a start, by mode, against the same runtime without it.

    .venv/bin/python bench/audit_overhead.py [rounds] [--shared] [--alternating]

Whole processes, interleaved start by start (each round in another order), and warm in short runs with equal pauses, as
in runtime.py, in front of a table that takes 4 ms for a put, on a processor of their own (endpoints/processors.py),
with a pipe for standard output that another process reads, as in Lambda. `--alternating` calls another variant each
time, so that four other interpreters run through the processor's caches between two calls of one: no environment of
Lambda's shares its processor so, and a call costs most. (Until November 2026 that was how it was measured, on whatever
processor; and standard output was /dev/null, which is cheaper to write to by some 10 us a call.) In path: from the
event to the answer. Turn: from the event to the next one, which is what occupies and bills an environment.

Without audit means without records: no line, no digest, no put; contract and loop are the same.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
from pathlib import Path

import runtime as whole
from endpoints.surroundings import Surroundings

CALLS_A_ROUND = 40
CALLS_PER_S = 50
MODEL_S = 0.05
"""What a model takes by itself, to say how many environments such a load needs."""
IN_PATH_TARGET_US, COLD_TARGET_MS = 100, 10


def main() -> None:
    """Measure and print."""
    options = whole.read_options(__doc__ or "")
    rounds = max(options.rounds, 2)  # the first round of calls only warms up
    with tempfile.TemporaryDirectory() as folder, Surroundings(shared=options.shared) as around:
        variants = prepare(Path(folder))
        whole.measure_starts(variants, around, rounds)
        if options.alternating:
            warm(variants, around, calls=rounds * CALLS_A_ROUND)
        else:
            whole.measure_warm(variants, around)
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


def warm(variants: list[whole.Variant], around: Surroundings, *, calls: int) -> None:
    """Call after call, each of a different variant, so that none finds more of itself in the caches than the others."""
    running = whole.start_all(variants, around)
    try:
        for number in range(calls):
            for variant, api, _ in running:
                in_path_s, turn_s = whole.timed_call(api)
                if number >= CALLS_A_ROUND:
                    variant.warm.append(in_path_s)
                    variant.turn.append(turn_s)
    finally:
        whole.end_all(running)


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
