"""Python functions import this when they start: HTTPS to the emulator's own port, which speaks HTTP, becomes HTTP.

Whoever responds for a custom resource takes the address to be one of HTTPS, as it is at AWS, whatever it says.
It takes nothing but the standard library, of any Python that Lambda has.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from http.client import HTTPConnection
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_ENDPOINT = os.environ.get("AWS_ENDPOINT_URL", "")
_PLAIN = "http://"


class _HttpClientFinder:
    """Changes `http.client` when it is imported, and costs nothing until then."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Part of the import system's finder protocol."""
        if name != "http.client":
            return None
        sys.meta_path.remove(self)
        from importlib.util import find_spec  # noqa: PLC0415 - only now

        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            executes = spec.loader.exec_module

            def executed(module: ModuleType) -> None:
                executes(module)
                _change(module)

            spec.loader.exec_module = executed  # type: ignore[method-assign]  # of this one loader
        return spec


def _change(module: ModuleType) -> None:
    """Have connections to the emulator be plain."""
    secure, plain = getattr(module, "HTTPSConnection", None), module.HTTPConnection
    if secure is None:
        return
    host, _, port = _ENDPOINT[len(_PLAIN) :].rstrip("/").rpartition(":")
    connect_securely = secure.connect

    def connect(connection: HTTPConnection) -> None:
        to_emulator = (connection.host, str(connection.port)) == (host, port)
        (plain.connect if to_emulator else connect_securely)(connection)

    secure.connect = connect


if _ENDPOINT.startswith(_PLAIN):
    sys.meta_path.insert(0, _HttpClientFinder())
