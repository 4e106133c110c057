"""How fast a scikit-learn model starts: mlfn's packages beside an ordinary zip of the same model.

    .venv/bin/python bench/start.py [rounds]

The ordinary zip is what packagers make: the requirements as wheels have them (no byte code), the code, `awslambdaric`
and a handler; unzipped where nothing can be written, as Lambda has it. Ours are what `mlfn build` makes of the same
model, as an image and as an archive, unpacked; both with contract and audit, which the ordinary zip has not. The
standard library has its byte code everywhere. Whole processes from start to the first question for work and to the
first answer, interleaved round by round; medians, and the median of each round's ratio.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from endpoints.runtime_api import RuntimeApi
from endpoints.table import Table

from mlfn_engine.builders.packages import PackageBuilder
from mlfn_engine.discover import discover
from mlfn_engine.images.archive_layout import START
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import host_platform
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.resolve import resolve_app, resolve_graph

if TYPE_CHECKING:
    from mlfn_engine.images.values import ImageArtifact

MODEL = """
import json
import pathlib

import numpy
from sklearn.linear_model import LogisticRegression

CLASSIFIER = LogisticRegression()
CLASSIFIER.classes_ = numpy.array(["bad", "good"])
CLASSIFIER.coef_ = numpy.array([[1.0, -0.5, 0.25]])
CLASSIFIER.intercept_ = numpy.array([0.1])


def predict(features: list[float]) -> str:
    return str(CLASSIFIER.predict(numpy.array([features]))[0])
"""
DECLARED = """
from mlfn import model
from scorer import predict as _predict


@model(requirements=["scikit-learn"], memory_mb=1024{package})
def score(features: list[float]) -> str:
    return _predict(features)
"""
HANDLER = """
from scorer import predict


def handler(event, context):
    return predict(event)
"""
EVENT = json.dumps([3.0, 1.0, 0.5]).encode()
TARGET = 0.25
RUNNING = f"python3.{sys.version_info[1]}"
PYTHON = Path(sys.base_prefix) / "bin" / RUNNING
MOMENTS = ("first next", "first answer")
REPORTER = SilentReporter()


@dataclass
class Package:
    """One way to deliver the model."""

    name: str
    command: list[str]
    task: Path
    environ: dict[str, str]
    samples: dict[str, list[float]] = field(default_factory=lambda: {moment: [] for moment in MOMENTS})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rounds", type=int, nargs="?", default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="mlfn-bench-") as folder, Table() as table:
        packages = [ordinary(Path(folder))]
        sys.path.append(str(packages[0].task))  # declaring the model imports it
        packages += ours(Path(folder))
        for package in packages:
            start(package, table.url)  # once for the page cache
        for package in packages:
            package.samples = {moment: [] for moment in MOMENTS}
        for _ in range(rounds):
            for package in packages:
                start(package, table.url)
    show(packages)


def ordinary(folder: Path) -> Package:
    """The zip that others make."""
    task = folder / "ordinary"
    command = ["pip", "install", "--quiet", "--no-compile-bytecode", "--python", sys.executable, "--target", str(task)]
    subprocess.check_call([sys.executable, "-m", "uv", *command, "scikit-learn", "awslambdaric"])
    (task / "scorer.py").write_text(MODEL)
    (task / "app.py").write_text(HANDLER)
    runtime = [str(PYTHON), "-m", "awslambdaric", "app.handler"]
    return Package("ordinary zip, awslambdaric", runtime, task, {"PYTHONPATH": str(task)})


def ours(folder: Path) -> list[Package]:
    """The model as mlfn builds it."""
    image, archive = (built(folder, package) for package in ("", ', package="zip"'))
    root, task = unpacked_image(image, folder / "image"), folder / "archive"
    with zipfile.ZipFile(archive.location) as file:
        file.extractall(task)  # noqa: S202  our own
    path = ":".join(str(root / part) for part in ("var/task", "opt/python", "opt/mlfn"))
    loop = [str(PYTHON), "-S", "-c", "from mlfn.runtime.loop import main; main()"]
    wrapped = ["/bin/sh", str(task / START), str(PYTHON)]
    return [
        Package("mlfn, image", loop, root / "var/task", {"PYTHONPATH": path}),
        Package("mlfn, archive", wrapped, task, {}),
    ]


def built(folder: Path, package: str) -> ImageArtifact:
    """The model's image or archive."""
    project = folder / f"project{len(package)}"
    project.mkdir()
    (project / "pyproject.toml").write_text('[tool.mlfn]\napp = "bench"\n')
    (project / "scorer.py").write_text(MODEL)
    (project / "app.py").write_text(DECLARED.format(package=package))
    graph = resolve_graph(resolve_app(discover(project, None)), "dev")
    plan = plan_image(graph.functions[0], graph, host_platform(), cache=folder / "cache")
    return PackageBuilder(folder / "cache").build(plan, REPORTER)


def unpacked_image(image: ImageArtifact, root: Path) -> Path:
    """An image's layers, one over the other."""
    blobs = image.location / "blobs"
    manifest = json.loads((blobs / image.digest.replace(":", "/")).read_bytes())
    for layer in manifest["layers"]:
        with gzip.open(blobs / layer["digest"].replace(":", "/")) as stream, tarfile.open(fileobj=stream) as archive:
            archive.extractall(root, filter="data")
    return root


def start(package: Package, table: str) -> None:
    """One cold start."""
    api = RuntimeApi(EVENT)
    begin = time.perf_counter()
    process = subprocess.Popen(
        package.command,
        env=environment(package, api.address, table),
        cwd=package.task,
        stdout=subprocess.DEVNULL,
    )
    try:
        package.samples["first next"].append(api.wait_next() - begin)
        package.samples["first answer"].append(api.answer() - begin)
    finally:
        process.kill()
        process.wait()
        api.close()


def environment(package: Package, api: str, table: str) -> dict[str, str]:
    """What Lambda sets; nothing is written where a package lies, as nothing can be there."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_RUNTIME_API": api,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{RUNNING}",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL": table,
        "LAMBDA_TASK_ROOT": str(package.task),
        "MLFN_AUDIT_TABLE": "bench",
        "MLFN_STAGE": "dev",
        "MLFN_IMAGE_DIGEST": "sha256:" + "ab" * 32,
        **package.environ,
    }


def show(packages: list[Package]) -> None:
    """The table."""
    first = packages[0]
    print(f"{'':28}" + "".join(f"{moment:>22}" for moment in MOMENTS))
    for package in packages:
        cells = []
        for moment in MOMENTS:
            pairs = zip(package.samples[moment], first.samples[moment], strict=True)
            ratio = statistics.median(own / other for own, other in pairs)
            cells.append(f"{statistics.median(package.samples[moment]) * 1e3:10.0f} ms {ratio:5.2f}x")
        print(f"{package.name:28}" + "".join(f"{cell:>22}" for cell in cells))
    print(f"target: <= {TARGET}x of the ordinary zip")


if __name__ == "__main__":
    main()
