"""A burst on a cold function: 64 calls at once of a scikit-learn model, with forked environments and with processes.

    python bench/burst.py [--calls N] [--quick] [--json]

Twice: a model that answers at once, so that a few environments serve everybody, and one that waits half a second (as
for a feature store), so that every call needs an environment. Time to the last answer, from an emulator that runs, by a
function whose reserved concurrency is just the number of calls: not one may be refused. Exits 1 if one is, or is lost.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulators import subjects
from emulators.signing import Signer

if TYPE_CHECKING:
    from emulators.subjects import Running

PACKAGES = Path(__file__).parents[1] / ".tools" / "burst"
REQUIREMENTS = ("scikit-learn==1.9.1", "awslambdaric==4.2.2")
MODEL = """
import pickle, sys
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
features, labels = make_classification(200, 8, random_state=1)
pickle.dump(LogisticRegression().fit(features, labels), open(sys.argv[1], "wb"))
"""
HANDLER = """
import os, pickle, time
import sklearn.linear_model
model = pickle.load(open("model.pickle", "rb"))

def handler(event, context):
    time.sleep(event["wait_s"])
    return {"label": int(model.predict([event["features"]])[0]), "pid": os.getpid()}
"""
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
WAITS_S = {"answers at once": 0.0, "waits 0.5 s": 0.5}
RUNNERS = ("zygote", "process")


def main() -> int:
    """Measure and print; 1 if a call did not get its answer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=64)
    parser.add_argument("--quick", action="store_true", help="16 calls")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    calls = 16 if options.quick else options.calls
    install()
    with tempfile.TemporaryDirectory(prefix="mlfn-burst-") as directory:
        archive = make_archive(Path(directory) / "model.pickle")
        found = {
            f"{title}, {runner}": burst(Path(directory) / f"{runner}-{wait_s}", runner, archive, wait_s, calls)
            for title, wait_s in WAITS_S.items()
            for runner in RUNNERS
        }
    print(json.dumps(found, indent=2)) if options.json else show(found, calls)
    return 1 if any(figures["lost"] or figures["refused"] for figures in found.values()) else 0


def install() -> None:
    """The model's packages, once."""
    mark, wanted = PACKAGES / "installed", "\n".join(REQUIREMENTS)
    if not mark.exists() or mark.read_text() != wanted:
        print(f"installing {', '.join(REQUIREMENTS)} into {PACKAGES}", file=sys.stderr)
        uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode"]
        subprocess.run([*uv, "--target", str(PACKAGES), *REQUIREMENTS], check=True)
        mark.write_text(wanted)


def make_archive(model: Path) -> bytes:
    """A zip of the handler and a trained model."""
    subprocess.run([sys.executable, "-c", MODEL, str(model)], check=True, env={"PYTHONPATH": str(PACKAGES)})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", HANDLER)
        archive.write(model, "model.pickle")
    return buffer.getvalue()


def burst(directory: Path, runner: str, archive: bytes, wait_s: float, calls: int) -> dict[str, Any]:
    """All calls at once on an emulator that has just started."""
    running = subjects.start(subjects.mlfn("NORMAL", f"lambda_runner={runner}"), directory)
    try:
        create(running, archive, calls)
        return asyncio.run(call_all(running, wait_s, calls))
    finally:
        running.stop()


def create(running: Running, archive: bytes, concurrency: int) -> None:
    """The function, which may run so often at once."""
    document = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    role = running.client("iam").create_role(RoleName="burst", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    running.client("lambda").create_function(
        FunctionName="model",
        Role=role,
        Runtime=f"python3.{sys.version_info.minor}",
        Handler="app.handler",
        Timeout=60,
        MemorySize=512,
        Code={"ZipFile": archive},
        Environment={"Variables": {"PYTHONPATH": str(PACKAGES)}},
    )
    running.client("lambda").put_function_concurrency(FunctionName="model", ReservedConcurrentExecutions=concurrency)


async def call_all(running: Running, wait_s: float, calls: int) -> dict[str, Any]:
    """Seconds to each answer, and what was wrong with them."""
    signer = Signer(service="lambda", access_key=running.access_key, secret_key=running.secret_key)
    body = json.dumps({"features": [0.5] * 8, "wait_s": wait_s}).encode()
    request = signer.request(running.host, "/2015-03-31/functions/model/invocations", body, {"connection": "close"})
    begun = time.perf_counter()

    async def call() -> tuple[float, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return time.perf_counter() - begun, answer

    answers = await asyncio.gather(*(call() for _ in range(calls)))
    good = [json.loads(answer.partition(b"\r\n\r\n")[2]) for _, answer in answers if b" 200 OK" in answer[:16]]
    times = sorted(seconds for seconds, _ in answers)
    return {
        "first_s": round(times[0], 2),
        "median_s": round(times[len(times) // 2], 2),
        "last_s": round(times[-1], 2),
        "environments": len({answer.get("pid") for answer in good}),
        "refused": (refused := sum(b" 429 " in answer[:16] for _, answer in answers)),
        "lost": calls - refused - sum("label" in answer for answer in good),
    }


def show(found: dict[str, dict[str, Any]], calls: int) -> None:
    """Print a line for each."""
    print(f"0 → {calls} concurrent calls of a scikit-learn model")
    for title, figures in found.items():
        print(f"{title:28} " + "  ".join(f"{name} {value}" for name, value in figures.items()))
    for title in WAITS_S:
        ratio = found[f"{title}, process"]["last_s"] / found[f"{title}, zygote"]["last_s"]
        print(f"{title}: the last answer comes ×{ratio:.1f} sooner than with one process per cold start")


if __name__ == "__main__":
    sys.exit(main())
