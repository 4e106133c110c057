"""A zygote: `python [options] zygote_main.py <socket> -c CODE | -m MODULE | PATH`, in a function's own interpreter.

It runs nothing of the function itself. It forks environments, which do, and imports ahead the packages that the first
of them imports. It uses the standard library alone, since the interpreter is the function's.
"""

from __future__ import annotations

import _socket
import ctypes
import gc
import os
import select
import sys
import time
from collections import deque
from types import FrameType, ModuleType

QUIET_S = 0.05
"""An environment is forked when the one that is followed has imported nothing for so long."""
MAX_WAIT_S = 5.0
MAX_MESSAGE = 1 << 20
FIRST_HIGH_DESCRIPTOR = 900
"""Where functions that close or reuse descriptors do not come by."""
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_SIGKILL = 9
_NEVER = frozenset({"__main__", "sitecustomize", "usercustomize"})
_prctl = ctypes.CDLL(None).prctl


class OwnCode:
    """Which modules and files are the function's: in its task root, but not brought by an installed distribution."""

    def __init__(self, task_root: str) -> None:
        self._inside = f"{task_root}/"
        self._distributed = _distributed(task_root) if os.path.isdir(task_root) else frozenset()  # noqa: PTH112
        self._files: dict[str, bool] = {}

    def has_file(self, path: str) -> bool:
        """True of a file of the function's own."""
        if path not in self._files:
            inside = os.path.abspath(path)  # noqa: PTH100
            first = inside.removeprefix(self._inside).partition("/")[0].removesuffix(".py")
            is_inside = inside.startswith(self._inside) and not path.startswith("<")  # such as <frozen importlib>
            self._files[path] = is_inside and first not in self._distributed
        return self._files[path]

    def is_importing(self) -> bool:
        """Whether the function's own code is what asks for a module, be it through others."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            if self.has_file(frame.f_code.co_filename):
                return True
            frame = frame.f_back
        return False

    def has_package(self, package: str) -> bool:
        """True of a module of the function's own."""
        from importlib.util import find_spec  # noqa: PLC0415 - not needed before the first environment runs

        spec = find_spec(package)
        places = [] if spec is None else [*(spec.submodule_search_locations or (spec.origin or "",))]
        return any(self.has_file(place) for place in places)


class Recorder:
    """Finds no module; writes down the names of those that environments may share.

    These are the standard library's, and those that the function's own code asks for. What its runtime asks for may
    look at the environment when it is imported: awslambdaric's extension module keeps AWS_LAMBDA_RUNTIME_API.
    """

    def __init__(self, pipe: int, own: OwnCode) -> None:
        self._pipe = pipe
        self._own = own
        self._inode = os.fstat(pipe).st_ino

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        """Part of the import system's finder protocol."""
        try:
            shared = name.partition(".")[0] in sys.stdlib_module_names or self._own.is_importing()
            if shared and os.fstat(self._pipe).st_ino == self._inode:
                os.write(self._pipe, name.encode() + b"\n")
        except OSError:  # closed, or nobody reads fast enough
            return


class Zygote:
    """Answers requests to fork, and follows the imports of the first environment."""

    def __init__(self, control: _socket.socket, task_root: str) -> None:
        self._control = control
        self._names, self._followed = os.pipe()
        os.set_blocking(self._names, False)
        os.set_blocking(self._followed, False)
        self._own = OwnCode(task_root)
        self._partial = b""
        self._pending: deque[str] = deque()
        self._requests: deque[tuple[list[bytes], int, float]] = deque()
        self._environments: set[int] = set()
        self._last_import = float("-inf")
        self._frozen = True
        self._recording = False

    def serve(self) -> bool:
        """Serve until the emulator hangs up (False), or for ever; True in an environment that was forked."""
        poll = select.poll()
        poll.register(self._control.fileno(), select.POLLIN)
        poll.register(self._names, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll(self._patience_ms())}
            if self._names in ready:
                self._read_names()
            if self._control.fileno() in ready and not self._receive():
                return False
            if self._pending:
                self._import(self._pending.popleft())
            elif self._requests and self._is_quiet() and self._fork(*self._requests.popleft()[:2]):
                return True
            elif not self._requests and not self._frozen and self._is_quiet():
                self._freeze_heap()

    def _read_names(self) -> None:
        *names, self._partial = (self._partial + os.read(self._names, 65_536)).split(b"\n")
        self._pending.extend(name.decode(errors="replace") for name in names)

    def _patience_ms(self) -> float | None:
        if self._pending:
            return 0
        return QUIET_S * 1000 / 2 if self._requests or not self._frozen else None

    def _is_quiet(self) -> bool:
        now = time.monotonic()
        waited = bool(self._requests) and now - self._requests[0][2] > MAX_WAIT_S
        return waited or now - self._last_import > QUIET_S

    def _receive(self) -> bool:
        """Take one request, with the end of a pipe where it is to fork."""
        data, ancillary, _, _ = self._control.recvmsg(MAX_MESSAGE, _socket.CMSG_SPACE(4))
        if not data:
            return False
        fields = data.split(b"\0")
        if fields[1] == b"reap":
            self._reap(fields[0], int(fields[2]))
            return True
        output = int.from_bytes(ancillary[0][2][:4], sys.byteorder)
        self._requests.append((fields, output, time.monotonic()))
        return True

    def _import(self, name: str) -> None:
        """Import a module ahead, if it is one that environments may share."""
        package = name.partition(".")[0]
        if not name or name in sys.modules or name.endswith("__main__") or package in _NEVER:
            return
        try:
            if not self._own.has_package(package):
                __import__(name)
                self._last_import, self._frozen = time.monotonic(), False
        except BaseException:  # whatever it is, environments that need the module meet it themselves
            return

    def _freeze_heap(self) -> None:
        """Keep the collector from touching, and so from copying, what environments share."""
        gc.collect()
        gc.freeze()
        self._frozen = True

    def _fork(self, fields: list[bytes], output: int) -> bool:
        """Fork an environment; True in it."""
        problem = self._problem()
        if problem:
            os.close(output)
            self._reply(fields[0], b"failed", problem.encode())
            return False
        parent, (ready, readiness) = os.getpid(), os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(ready)
            self._leave(output)
            become(fields, output, parent)
            if not self._recording:
                self._follow()
            os.close(self._followed)
            os.write(readiness, b"\0")
            os.close(readiness)
            return True
        self._recording = True
        os.close(output)
        os.close(readiness)
        alive = os.read(ready, 1)
        os.close(ready)
        if not alive:
            os.waitpid(pid, 0)
            self._reply(fields[0], b"failed", b"the new process ended at once")
            return False
        self._environments.add(pid)
        self._reply(fields[0], b"forked", b"%d" % pid)
        return False

    def _follow(self) -> None:
        import fcntl  # noqa: PLC0415 - for the first environment alone

        high = fcntl.fcntl(self._followed, fcntl.F_DUPFD_CLOEXEC, FIRST_HIGH_DESCRIPTOR)
        sys.meta_path.insert(0, Recorder(high, self._own))

    def _leave(self, output: int) -> None:
        """Close what belongs to the zygote (in an environment)."""
        self._control.close()
        os.close(self._names)
        for _, other, _ in self._requests:
            if other != output:
                os.close(other)

    def _problem(self) -> str:
        """Why a fork of this process could not be trusted; empty if it can."""
        if _threads() > 1:
            # libraries such as OpenBLAS end their threads when a process forks, and start them again when needed
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            os.waitpid(pid, 0)
            if _threads() > 1:
                return "a module starts threads when it is imported"
        own = {self._control.fileno()}
        if any(_is_socket(int(name)) for name in os.listdir("/proc/self/fd") if int(name) not in own):  # noqa: PTH208
            return "a module opens a socket when it is imported"
        return ""

    def _reap(self, identity: bytes, pid: int) -> None:
        """Collect an environment that has ended, and end what it left behind."""
        _, status = os.waitpid(pid, 0)
        self._environments.discard(pid)
        for stray in _children() - self._environments:
            os.kill(stray, _SIGKILL)
            os.waitpid(stray, 0)
        self._reply(identity, b"reaped", b"%d" % os.waitstatus_to_exitcode(status))

    def _reply(self, *fields: bytes) -> None:
        self._control.send(b"\0".join(fields))


def become(fields: list[bytes], output: int, parent: int) -> None:
    """Make the process that was just forked an environment of its own."""
    os.setsid()
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)  # what the function starts hangs on it, whatever becomes of its parents
    if os.getppid() != parent:
        os._exit(1)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.environb.clear()
    for variable in fields[3:]:
        name, _, value = variable.partition(b"=")
        os.environb[name] = value
    os.chdir(fields[2])
    time.tzset()
    _renew_state()


def _renew_state() -> None:
    """Draw and look up anew what modules keep from their import (`random` itself does so when a process forks)."""
    tempfile, numpy_random = sys.modules.get("tempfile"), sys.modules.get("numpy.random")
    if tempfile is not None:
        tempfile.tempdir = None  # type: ignore[attr-defined] # documented: looked up again
    if numpy_random is not None:
        numpy_random.seed()


def run(entry: list[str]) -> None:
    """What the interpreter does with its command line."""
    main = ModuleType("__main__")
    main.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main
    if entry[0] == "-c":
        sys.argv = ["-c", *entry[2:]]
        exec(compile(entry[1], "<string>", "exec"), main.__dict__)  # noqa: S102 - the image's entrypoint
        return
    import runpy  # noqa: PLC0415 - not for -c

    if entry[0] == "-m":
        sys.argv = ["-m", *entry[2:]]
        runpy._run_module_as_main(entry[1])  # type: ignore[attr-defined]
    else:
        sys.argv = entry
        runpy.run_path(entry[0], run_name="__main__")


def _first_path(entry: list[str]) -> str:
    if entry[0] == "-c":
        return ""
    return os.getcwd() if entry[0] == "-m" else os.path.dirname(os.path.realpath(entry[0]))  # noqa: PTH109, PTH120


def _distributed(directory: str) -> frozenset[str]:
    """The packages and modules in a directory that installed distributions list as theirs."""
    names = set()
    for entry in os.listdir(directory):  # noqa: PTH208 - names, not paths
        if entry.endswith(".dist-info"):
            try:
                with open(f"{directory}/{entry}/RECORD", encoding="utf-8") as record:  # noqa: PTH123
                    names |= {line.partition(",")[0].partition("/")[0].removesuffix(".py") for line in record}
            except OSError:
                continue
    return frozenset(names)


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208


def _is_socket(descriptor: int) -> bool:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}").startswith("socket:")  # noqa: PTH115
    except OSError:
        return False


def _children() -> set[int]:
    with open("/proc/thread-self/children", "rb") as children:  # noqa: PTH123
        return set(map(int, children.read().split()))


def main() -> None:
    """Serve; in an environment, run what the command line says."""
    control, entry = _socket.socket(fileno=int(sys.argv[1])), sys.argv[2:]
    os.set_inheritable(control.fileno(), False)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = _first_path(entry)
    sys.orig_argv = [sys.orig_argv[0], *entry]
    task_root = os.environ.get("LAMBDA_TASK_ROOT", "/var/task")
    if Zygote(control, task_root).serve():
        run(entry)


if __name__ == "__main__":
    main()
