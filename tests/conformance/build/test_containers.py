"""Our images, run and unpacked by other people's tools: podman with runc, umoci, AWS's Runtime Interface Emulator."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pip
import pytest
from tests.conformance.build.conftest import tool
from tests.conformance.clients.conftest import tool as fetched
from tests.conformance.fetch import DEBIAN_BASE, RIE
from tests.fixtures.emulator import LiveEmulator
from tests.fixtures.project import Project, free_port
from tests.functional.runtime.conftest import Function
from tests.functional.runtime.servers import Table

from mlfn_engine.base_images.store import BaseStore
from mlfn_engine.images.values import ImageArtifact
from mlfn_engine.registry import Registry, push
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.values import Architecture
from mlfn_localstack.process import read_credentials

APP = """
import ssl
from dataclasses import dataclass
from mlfn import model

@dataclass
class Words:
    count: int
    python: str
    certificates: bool

@model
def words(text: str) -> Words:
    import platform

    trusted = ssl.create_default_context().get_ca_certs()
    return Words(count=len(text.split()), python=platform.python_version(), certificates=len(trusted) > 50)
"""
CONTAINERS = """
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
STORAGE = """
[storage]
driver = "overlay"
graphroot = "{root}/graph"
runroot = "{root}/run"
"""


CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
DIST_PACKAGES = Path("/usr/lib/python3/dist-packages")


@dataclass(frozen=True, slots=True)
class Podman:
    """podman with a store of its own."""

    program: str
    root: Path

    def run(self, *arguments: str) -> str:
        """What one command prints."""
        done = subprocess.run(
            [self.program, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self, image: str, *arguments: str, variables: dict[str, str], options: tuple[str, ...] = ()) -> str:
        """A container on this machine's network with a read-only root; its id."""
        settings = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
        common = ("run", "--detach", "--network=host", "--read-only", "--tmpfs=/tmp")
        return self.run(*common, *settings, *options, image, *arguments)

    @property
    def environment(self) -> dict[str, str]:
        """Its settings, for this machine's limits (crun wants a pure cgroup hierarchy)."""
        own = {"CONTAINERS_CONF": self.root / "containers.conf", "CONTAINERS_STORAGE_CONF": self.root / "storage.conf"}
        return {**os.environ, **{name: str(path) for name, path in own.items()}}


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """podman, its store empty."""
    tool("runc")
    made = Podman(tool("podman"), tmp_path_factory.mktemp("podman"))
    (made.root / "containers.conf").write_text(CONTAINERS)
    (made.root / "storage.conf").write_text(STORAGE.format(root=made.root))
    yield made
    made.run("rm", "--all", "--force", "--time", "0")
    made.run("system", "reset", "--force")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose models stand on Debian."""
    project = Project(root=tmp_path_factory.mktemp("words"), port=0)
    base = fetched(DEBIAN_BASE, "debian-base")
    project.write("pyproject.toml", f'[tool.mlfn]\napp = "words"\nbase = "oci:{base}"\n')
    project.write("app.py", APP)
    return project


@pytest.fixture(scope="module")
def image(project: Project) -> ImageArtifact:
    """The image of its model, built by the command line."""
    (built,) = project.ok("build", "--target", "aws", "--json").json
    return ImageArtifact(**{**built, "location": Path(built["location"])})


@pytest.fixture(scope="module")
def reference(image: ImageArtifact, registry: Registry, podman: Podman) -> str:
    """The image in podman's store, pulled from Debian's registry, where we pushed it."""
    push(image, registry, repository="words", tag=image.version, reporter=SilentReporter())
    address = f"{registry.endpoint.removeprefix('http://')}/words@{image.digest}"
    podman.run("pull", "--quiet", "--tls-verify=false", address)
    return address


@pytest.fixture
def function(tmp_path: Path) -> Iterator[Function]:
    """Lambda's side of a function that a container runs: its Runtime API and its audit table."""
    yield Function(tmp_path, Table())


def environment(function: Function) -> dict[str, str]:
    """What Lambda and the template give a function."""
    return {
        "AWS_LAMBDA_RUNTIME_API": function.api.server.address,
        "AWS_LAMBDA_FUNCTION_NAME": "words-dev-words",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_ENDPOINT_URL": f"http://{function.table.server.address}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "MLFN_AUDIT_TABLE": "mlfn-audit-dev",
        "MLFN_IMAGE_DIGEST": "sha256:" + "ab" * 32,
    }


def test_podman_runs_the_image_and_the_call_is_answered_and_recorded(
    podman: Podman, reference: str, function: Function
) -> None:
    function.log.write_text("the function did not ask for its first event in time")
    container = podman.start(reference, variables=environment(function))

    answer = waiting(function).invoke("one two three")

    assert answer.value["count"] == 3
    assert answer.value["python"].startswith("3.11.")
    assert answer.value["certificates"]
    waiting(function)  # the record is put after the answer
    podman.run("rm", "--force", "--time", "0", container)
    assert [record.phase for record in function.table.records()] == ["completed"]


def waiting(function: Function) -> Function:
    """The function once it asks for an event; a container may take its time."""
    assert function.api.waiting.acquire(timeout=60)
    function.api.waiting.release()
    return function


def test_the_runtime_interface_emulator_drives_the_image(podman: Podman, reference: str, function: Function) -> None:
    rie, front, back = fetched(RIE, "rie"), free_port(), free_port()
    config = json.loads(podman.run("image", "inspect", reference))[0]["Config"]
    addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{front}"]
    addresses += ["--runtime-api-address", f"127.0.0.1:{back}"]
    variables = {name: value for name, value in environment(function).items() if name != "AWS_LAMBDA_RUNTIME_API"}
    container = podman.start(
        reference,
        *addresses,
        *config["Entrypoint"],
        options=(f"--volume={rie}:/rie:ro", "--entrypoint=/rie"),
        variables=variables,
    )

    answers = [posted(front, text) for text in ("one two", "three")]

    podman.run("rm", "--force", "--time", "0", container)
    assert [answer["count"] for answer in answers] == [2, 1]


def posted(port: int, text: str, path: str = "2015-03-31/functions/function/invocations") -> Any:
    """The answer to a call, once somebody listens."""
    url = f"http://127.0.0.1:{port}/{path}"
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(text).encode(), headers)
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read()) from error
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_the_same_image_serves_http_where_there_is_no_lambda(
    podman: Podman, reference: str, function: Function
) -> None:
    port = free_port()
    variables = {name: value for name, value in environment(function).items() if name != "AWS_LAMBDA_RUNTIME_API"}
    container = podman.start(reference, variables={**variables, "PORT": str(port), "HOST": "127.0.0.1"})

    answer = posted(port, "one two", "models/words")

    podman.run("stop", "--time", "30", container)
    assert answer["count"] == 2
    assert podman.run("container", "inspect", "--format", "{{.State.ExitCode}}", container) == "0"
    assert [record.phase for record in function.table.records()] == ["completed"]


@pytest.mark.parametrize(("payload", "code"), [('"one two"', 0), ("1", 1)])
def test_mlfn_run_image_makes_one_call_of_a_models_image(
    podman: Podman, project: Project, monkeypatch: pytest.MonkeyPatch, payload: str, code: int
) -> None:
    for name, value in podman.environment.items():
        monkeypatch.setenv(name, value)

    outcome = project.mlfn("run-image", "words", payload)

    assert outcome.code == code, outcome.err
    if code == 0:
        assert outcome.json["count"] == 2
    else:
        assert "words failed: ContractError: The input does not fit its contract" in outcome.err
    assert "mlfn-" not in podman.run("ps", "--all", "--format", "{{.Names}}")


def make_key(project: Project, alias: str) -> None:
    """A key to sign images with, in the project's emulator."""
    state_dir = project.root / ".mlfn" / "emulator"
    credentials = read_credentials(state_dir)
    assert credentials is not None
    endpoint = f"http://127.0.0.1:{project.port}"
    kms = LiveEmulator(endpoint=endpoint, credentials=credentials, state_dir=state_dir).client("kms")
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=alias, TargetKeyId=key)


@pytest.mark.parametrize("runner", ["podman", "bwrap"])
def test_the_emulator_runs_the_very_image_once_a_trusted_key_has_signed_it(
    podman: Podman, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runner: str
) -> None:
    tool("catatonit" if runner == "podman" else "bwrap")
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", podman.environment["CONTAINERS_STORAGE_CONF"])
    project = Project(root=tmp_path, port=free_port())
    base = f'base = "oci:{fetched(DEBIAN_BASE, "debian-base")}"'
    trusted = 'trusted-keys = ["awskms:///alias/release"]'
    project.write("pyproject.toml", f'[tool.mlfn]\napp = "words"\nlocal-base = true\n{base}\n{trusted}\n')
    project.write("app.py", f"{APP}# {runner}\n")  # an image of its own: a signature stays with it in the cache
    started = project.ok("emulator", "start", "--port", str(project.port), "--runner", runner).out
    try:
        make_key(project, "alias/release")
        unsigned = project.mlfn("deploy")
        project.ok("attest", "--sign-key", "awskms:///alias/release")
        project.ok("deploy")
        answer = project.ok("invoke", "words", '"one two three"').json
        said = project.ok("emulator", "status").out
    finally:
        project.ok("emulator", "stop")

    assert "is not signed" in unsigned.err
    assert answer == {"count": 3, "python": answer["python"], "certificates": True}
    assert answer["python"].startswith("3.11.")
    assert f"Functions run under the {runner} runner" in started
    assert f"Functions run under the {runner} runner; isolation: " in said
    assert podman.run("ps", "--all", "--quiet", "--filter", "label=mlfn-localstack.state") == ""


def test_umoci_unpacks_the_image(image: ImageArtifact, tmp_path: Path) -> None:
    (tag,) = [
        each["annotations"]["org.opencontainers.image.ref.name"]
        for each in json.loads((image.location / "index.json").read_bytes())["manifests"]
    ]

    command = [tool("umoci"), "unpack", "--image", f"{image.location}:{tag}", str(tmp_path / "bundle")]
    subprocess.run(command, check=True, capture_output=True)

    process = json.loads((tmp_path / "bundle" / "config.json").read_bytes())["process"]
    root = tmp_path / "bundle" / "rootfs"
    assert (root / process["args"][0].lstrip("/")).is_file()
    assert "PYTHONPATH=/var/task:/opt/python:/opt/mlfn" in process["env"]
    assert {"var/task/app.py", "opt/mlfn/mlfn/__init__.py", "usr/lib/python3.11/json/__init__.py"} <= {
        str(path.relative_to(root)) for path in root.rglob("*.py")
    }


def test_skopeo_and_we_agree_on_every_digest(
    skopeo: str, image: ImageArtifact, registry: Registry, reference: str, tmp_path: Path
) -> None:
    source = f"docker://{reference}"
    subprocess.run([skopeo, "copy", "--quiet", "--src-tls-verify=false", source, f"dir:{tmp_path}"], check=True)

    ours = {path.name: path.read_bytes() for path in (image.location / "blobs" / "sha256").iterdir()}
    theirs = {path.name: path.read_bytes() for path in tmp_path.iterdir() if len(path.name) == 64}
    document = json.loads(ours[image.digest.removeprefix("sha256:")])
    parts = {each["digest"].removeprefix("sha256:") for each in (document["config"], *document["layers"])}
    assert theirs == {name: ours[name] for name in parts}
    assert (tmp_path / "manifest.json").read_bytes() == ours[image.digest.removeprefix("sha256:")]


@pytest.mark.parametrize("form", ["oci", "v2s2"])
def test_a_base_that_skopeo_put_into_a_registry_is_found_there(
    skopeo: str, registry: Registry, tmp_path: Path, form: str
) -> None:
    address = f"{registry.endpoint.removeprefix('http://')}/bases/debian:{form}"
    source = f"oci:{fetched(DEBIAN_BASE, 'debian-base')}"
    command = [skopeo, "copy", "--quiet", "--dest-tls-verify=false", f"--format={form}", source, f"docker://{address}"]
    subprocess.run(command, check=True)

    base = BaseStore(tmp_path, SilentReporter()).find(address, tmp_path, Architecture.X86_64)

    assert (base.interpreter, base.glibc) == ("/usr/bin/python3.11", "2.36")


def test_podman_builds_what_eject_writes_and_the_image_answers(
    podman: Podman, project: Project, tmp_path: Path
) -> None:
    project.ok("eject", "--output", str(tmp_path / "left"))
    (tmp_path / "base").symlink_to(fetched(DEBIAN_BASE, "debian-base"))  # podman takes no name with a dot before it
    base = podman.run("pull", "--quiet", f"oci:{tmp_path / 'base'}")
    bases = ("--build-arg", f"BASE={base}", "--build-arg", f"INSTALLER={base}")
    given = [Path(pip.__file__).parent, DIST_PACKAGES / "pip"], [CERTIFICATES, CERTIFICATES]  # Debian's has no pip
    volumes = [f"--volume={source}:{target}:ro" for source, target in given]
    podman.run(
        "build",
        "--network=host",
        *bases,
        *volumes,
        f"--env=PIP_CERT={CERTIFICATES}",
        "--tag=left",
        f"{tmp_path}/left/images/words",
    )
    port = free_port()

    container = podman.start("localhost/left", variables={"PORT": str(port), "HOST": "127.0.0.1"})

    assert posted(port, "one two", "models/words")["count"] == 2
    podman.run("rm", "--force", "--time", "0", container)
