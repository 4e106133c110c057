"""Read a pickle without running anything of it: whatever it would import is a name, whatever it would make is inert."""

from __future__ import annotations

import io
import math
import pickle
import re
from typing import IO, Any, ClassVar

_ITEM_SIZE = re.compile(r"[<>|=]?[a-zA-Z?](\d+)")
_STRUCTURED_SIZE = 5
"""Where numpy's pickled dtypes have the size of an item (numpy.dtype.__reduce__)."""

_UNICODE_BYTES = 4
_ARRAY = "joblib.numpy_pickle.NumpyArrayWrapper"
_PurePython: Any = pickle._Unpickler


class PickleError(Exception):
    """A file that cannot be followed to its end."""


class Inert:
    """Stands for a class, a function, or what comes of calling one."""

    name = ""

    def __new__(cls, *arguments: Any, **_: Any) -> Inert:
        """An instance that remembers its arguments."""
        made = super().__new__(cls)
        made.__dict__["arguments"] = arguments
        return made

    def __init__(self, *_: Any, **__: Any) -> None:
        """Do nothing."""

    def __setstate__(self, state: Any) -> None:
        """Remember the state."""
        self.__dict__["state"] = state

    def __setitem__(self, key: Any, value: Any) -> None:
        """Forget an item."""

    def __call__(self, *arguments: Any, **_: Any) -> Inert:
        """Make another one."""
        return Inert(*arguments)

    def append(self, _: Any) -> None:
        """Forget an item."""

    extend = add = append


class _Reader(_PurePython):  # type: ignore[misc]  # the C unpickler cannot be told to skip joblib's arrays
    """joblib writes arrays raw into the stream, behind the object that describes them."""

    def __init__(self, file: IO[bytes], names: set[str]) -> None:
        super().__init__(file)
        self._raw = file
        self._names = names

    def find_class(self, module: str, name: str) -> type[Inert]:
        """A stand-in, whose name is remembered."""
        self._names.add(f"{module}.{name}")
        return type("Named", (Inert,), {"name": f"{module}.{name}"})

    def persistent_load(self, pid: Any) -> Inert:
        """A stand-in: torch keeps its tensors elsewhere."""
        return Inert(pid)

    def get_extension(self, code: int) -> None:
        """Refuse codes that stand for names known to this machine alone."""
        raise PickleError(f"it uses the extension code {code}, whose meaning is not in the file")

    def build(self) -> None:
        """Set a state, then skip the array that may follow."""
        _PurePython.load_build(self)
        made = self.stack[-1]
        if isinstance(made, Inert) and made.name == _ARRAY:
            self._skip_array(made.__dict__["state"])

    def _skip_array(self, state: dict[str, Any]) -> None:
        kind = state["dtype"]
        if kind.arguments and str(kind.arguments[0]).lstrip("<>|=").startswith("O"):
            read_names(self._raw, self._names)
            return
        if state.get("numpy_array_alignment_bytes") is not None:
            self._raw.seek(self._raw.read(1)[0], io.SEEK_CUR)
        self._raw.seek(math.prod(state["shape"]) * _item_size(kind), io.SEEK_CUR)

    dispatch: ClassVar[dict[int, Any]] = {**_PurePython.dispatch, pickle.BUILD[0]: build}


def read_names(file: IO[bytes], names: set[str]) -> None:
    """Add to `names` every global that loading the pickle at the file's position would import.

    Raises:
        PickleError: it is damaged, or does what cannot be followed.
    """
    try:
        _Reader(file, names).load()
    except PickleError:
        raise
    except Exception as error:  # whatever damage may lead to, in the interpreter's own unpickler
        raise PickleError(str(error) or type(error).__name__) from error


def _item_size(kind: Any) -> int:
    """How many bytes an item of a pickled dtype has."""
    state = getattr(kind, "state", ())
    if len(state) > _STRUCTURED_SIZE and isinstance(state[_STRUCTURED_SIZE], int) and state[_STRUCTURED_SIZE] > 0:
        return int(state[_STRUCTURED_SIZE])
    text = str(kind.arguments[0])
    found = _ITEM_SIZE.fullmatch(text)
    if found is None:
        raise PickleError(f"it has an array of {text!r}")
    return int(found[1]) * (_UNICODE_BYTES if "U" in text else 1)
