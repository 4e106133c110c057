"""What functions with a Node.js runtime run on: this machine's Node.js, whatever its version, and a runtime of ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn_localstack.options import NODE_MODULES
from mlfn_localstack.services.lambda_.execution.runner import Mount

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROGRAM = Path(__file__).with_name("nodejs_runtime.mjs")
_RUNTIME = "/var/runtime"
_GLOBAL = (Path("/usr/local/lib/node_modules"), Path("/usr/lib/node_modules"))
"""Where npm puts what is installed for all."""
_SDK = "@aws-sdk"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRuntime:
    """The runtime, and the packages that come with it."""

    packages: Path | None
    mounted: bool

    @property
    def program(self) -> str:
        """What Node.js runs, where a function sees it."""
        return f"{_RUNTIME}/index.mjs" if self.mounted else str(_PROGRAM)

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """What a root of its own has to show."""
        program = Mount(source=_PROGRAM, target=f"{_RUNTIME}/index.mjs")
        if self.packages is None:
            return (program,)
        return (program, Mount(source=self.packages, target=f"{_RUNTIME}/node_modules"))

    def environment(self, runtime: str, root: Path, opt: Path | None) -> dict[str, str]:
        """The variables of a function whose code is at `root`, and its layers at `opt`."""
        shown = f"{_RUNTIME}/node_modules" if self.mounted else str(self.packages)
        major = runtime.removesuffix(".x").removeprefix("nodejs")
        places = [
            *((f"{opt}/nodejs/node{major}/node_modules", f"{opt}/nodejs/node_modules") if opt else ()),
            *((shown,) if self.packages else ()),
            str(root),
        ]
        return {"NODE_PATH": ":".join(places), "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}"}


def find_node_runtime(options: Mapping[str, str], *, mounted: bool) -> NodeRuntime:
    """The runtime with the packages that the emulator was told of, or AWS's SDK as npm installs it for all."""
    given = options.get(NODE_MODULES)
    found = Path(given) if given else next((place for place in _GLOBAL if (place / _SDK).is_dir()), None)
    return NodeRuntime(packages=found, mounted=mounted)
