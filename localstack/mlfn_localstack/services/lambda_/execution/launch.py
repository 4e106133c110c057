"""What an environment of a version starts: command, variables and directories, for images and zip archives."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.execution.bare_root import INTERPRETERS
from mlfn_localstack.services.lambda_.execution.images import Image, Images, check_runs_without_root
from mlfn_localstack.services.lambda_.execution.interpreter import Interpreters
from mlfn_localstack.services.lambda_.execution.nodejs import find_node_runtime
from mlfn_localstack.services.lambda_.execution.runner import Mount
from mlfn_localstack.services.lambda_.execution.trees import ImageTree, Trees
from mlfn_localstack.services.lambda_.execution.zips import (
    check_archive,
    check_together,
    has_extensions,
    unpack_archives,
)
from mlfn_localstack.services.lambda_.model import Code, FunctionVersion, ImageCode, ZipCode, layers_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment

_MANAGED_PACKAGES = (
    "awslambdaric",
    "runtime_client",
    "simplejson",
    "snapshot_restore_py",
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "dateutil",
    "six",
    "urllib3",
)
"""What AWS's Python runtimes have beside the standard library."""
TASK_ROOT = "/var/task"
RUNTIME = "/var/runtime"
OPT = "/opt"
"""Where layers are."""
_BOOTSTRAP = "bootstrap"
_SITE = Path(__file__).parent / "python_site" / "sitecustomize.py"
DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin:/opt/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How the code of a version is run, before anything of one environment is known."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    working_dir: Path
    task_root: str
    mounts: tuple[Mount, ...] = ()
    root: Path | None = None
    """All of the root it is to have, where the machine's programs are not to be in it."""


class Programs:
    """Prepares code and says how to run it: where the machine has it, or, `mounted`, where its image has it."""

    def __init__(self, environment: Environment, *, mounted: bool = False) -> None:
        self._state_dir = environment.state_dir
        self._mounted = mounted
        self._images = Images(environment)
        self.trees = Trees(environment.state_dir, mounted=mounted)
        shown_at = Path(INTERPRETERS) if mounted else None
        self._interpreters = Interpreters(environment.state_dir / "interpreters", shown_at)
        self._node = find_node_runtime(environment.options, mounted=mounted)

    async def find_image(self, uri: str) -> Image:
        """A runnable image by its URI."""
        return self._runnable(await self._images.find(uri))

    def _runnable(self, image: Image) -> Image:
        if not self._mounted:
            check_runs_without_root(image)
        return image

    async def prepare(self, code: Code) -> None:
        """Unpack a version's code, so that its first start finds it there.

        Raises:
            ServiceError: it cannot be run.
        """
        match code:
            case ImageCode():
                await self.trees.of(await self.find_image(code.resolved_uri))
            case ZipCode():
                check_archive(self._blob(code.sha256))
                await self._unzipped(code)
            case _:
                assert_never(code)

    async def prepare_layers(self, archives: tuple[str, ...]) -> None:
        """Unpack the layers of a function.

        Raises:
            ServiceError: one cannot be run.
        """
        if any(has_extensions(self._blob(each)) for each in archives):
            raise errors.invalid_parameter(
                "The emulator does not run extensions, and a layer has a directory `extensions`."
            )
        await self._opt(archives)

    def check_together(self, code: Code, archives: tuple[str, ...]) -> None:
        """Refuse code and layers that are too large together.

        Raises:
            ServiceError: InvalidParameterValueException.
        """
        if archives and isinstance(code, ZipCode):
            check_together([self._blob(each) for each in (code.sha256, *archives)])

    async def program(self, version: FunctionVersion) -> Program:
        """How to run a version."""
        match version.code:
            case ImageCode() as code:
                kept = self.trees.kept(code.digest)
                image = self._runnable(kept) if kept else await self.find_image(code.resolved_uri)
                return self._image_program(image, await self.trees.of(image), version)
            case ZipCode() as code:
                return self._zip_program(await self._unzipped(code), await self._opt(version.layers), version)
            case _:
                assert_never(version.code)

    def _image_program(self, image: Image, tree: ImageTree, version: FunctionVersion) -> Program:
        root = Path("/") if self._mounted else tree.root
        override = version.configuration.get("ImageConfigResponse", {}).get("ImageConfig", {})
        entrypoint = tuple(override.get("EntryPoint") or image.config.entrypoint)
        command = entrypoint + tuple(override.get("Command") or image.config.command)
        if not command:
            raise errors.invalid_image("it has neither an entrypoint nor a command.")
        if tree.whole:
            return Program(
                command=command,
                environment=image.config.environment,
                working_dir=Path(override.get("WorkingDirectory") or image.config.working_dir),
                task_root=TASK_ROOT,
                root=tree.root,
            )
        rewritten = tuple(_inside(root, part) for part in command)
        working_dir = override.get("WorkingDirectory") or image.config.working_dir
        return Program(
            command=(self._executable(rewritten[0]), *rewritten[1:]),
            environment={name: _inside(root, value) for name, value in image.config.environment.items()},
            working_dir=Path(_inside(root, working_dir)),
            task_root=_inside(root, "/var/task"),
            mounts=tree.mounts,
        )

    def _zip_program(self, unzipped: Path, layers: Path | None, version: FunctionVersion) -> Program:
        runtime = str(version.configuration["Runtime"])
        wrapper = version.wrapper
        root = Path(TASK_ROOT) if self._mounted else unzipped
        opt = Path(OPT) if self._mounted or layers is None else layers
        mounts = [Mount(source=unzipped, target=TASK_ROOT)]
        environment: dict[str, str] = {}
        if layers is not None:
            mounts.append(Mount(source=layers, target=OPT))
            environment = _paths_to_layers(root, opt)
        if runtime.startswith("provided"):
            in_layer = layers is not None and not (unzipped / _BOOTSTRAP).exists() and (layers / _BOOTSTRAP).exists()
            command: tuple[str, ...] = (str((opt if in_layer else root) / _BOOTSTRAP),)
        elif runtime.startswith("nodejs"):
            command = (self._executable("node"), self._node.program)
            mounts += self._node.mounts
            environment |= self._node.environment(runtime, root, opt if layers else None)
        else:
            packages = self._managed_packages(needed=not wrapper)
            mounts += [Mount(source=each.resolve(), target=f"{RUNTIME}/{each.name}") for each in packages.iterdir()]
            command = (self._executable(runtime), "-m", "awslambdaric", str(version.configuration["Handler"]))
            modules = [
                str(root),
                *(_modules_of(opt, runtime) if layers else ()),
                RUNTIME if self._mounted else str(packages),
            ]
            environment |= {"PYTHONPATH": ":".join(modules), "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}"}
        if wrapper:
            command = (_placed(wrapper, {TASK_ROOT: root, OPT: opt}), *command)
        return Program(
            command=command,
            environment=environment,
            working_dir=root,
            task_root=str(root),
            mounts=tuple(mounts) if self._mounted else (),
        )

    def _executable(self, name: str) -> str:
        return self._interpreters.command(name) or shutil.which(name, path=DEFAULT_PATH) or name

    async def _unzipped(self, code: ZipCode) -> Path:
        return await self._unpacked(f"zip-{code.sha256}", (code.sha256,))

    async def _opt(self, archives: tuple[str, ...]) -> Path | None:
        """What is to be at /opt, if anything is."""
        return await self._unpacked(layers_name(archives), archives) if archives else None

    async def _unpacked(self, name: str, archives: tuple[str, ...]) -> Path:
        blobs = [self._blob(each) for each in archives]
        with self.trees.held(name):
            return await asyncio.to_thread(unpack_archives, blobs, self._state_dir / "images" / name)

    def _blob(self, sha256: str) -> Path:
        return self._state_dir / "blobs" / "sha256" / sha256

    def _managed_packages(self, *, needed: bool) -> Path:
        """A directory that holds links to the packages of AWS's Python runtimes, and nothing else."""
        directory = self._state_dir / "interpreters" / "managed"
        directory.mkdir(parents=True, exist_ok=True)
        if needed and importlib.util.find_spec("awslambdaric") is None:
            raise errors.invalid_parameter(
                "Zip functions with a Python runtime need AWS's runtime client: pip install awslambdaric."
            )
        for name in _MANAGED_PACKAGES:
            _link_package(directory, name)
        _link(directory, _SITE)
        return directory


def _placed(path: str, places: Mapping[str, Path]) -> str:
    """Where a path as functions write it is found."""
    for seen, real in places.items():
        if path.startswith(f"{seen}/"):
            return f"{real}{path.removeprefix(seen)}"
    return path


def _paths_to_layers(root: Path, opt: Path) -> dict[str, str]:
    """Where programs and libraries of layers are found."""
    libraries = (root, root / "lib", opt / "lib")
    return {"PATH": DEFAULT_PATH.replace(OPT, str(opt)), "LD_LIBRARY_PATH": ":".join(map(str, libraries))}


def _modules_of(opt: Path, runtime: str) -> tuple[str, str]:
    return str(opt / "python" / "lib" / runtime / "site-packages"), str(opt / "python")


def _link_package(directory: Path, name: str) -> None:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return
    origin = Path(spec.origin)
    _link(directory, origin.parent if spec.submodule_search_locations else origin)


def _link(directory: Path, source: Path) -> None:
    link = directory / source.name
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(source)


def _inside(root: Path, value: str) -> str:
    """A value of the image's config, its absolute paths that exist in the image moved below `root`."""
    if root == Path("/"):
        return value
    return ":".join(_rebase(root, piece) for piece in value.split(":"))


def _rebase(root: Path, piece: str) -> str:
    inside = root / piece.lstrip("/")
    return str(inside) if piece.startswith("/") and inside.exists() else piece
