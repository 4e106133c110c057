"""`python -m mlfn_localstack --state-dir DIR --port N`: one emulator in the foreground."""

from __future__ import annotations

import argparse
import asyncio
import gc
import ipaddress
import logging
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path

from mlfn_localstack.instance import Instance, InstanceSettings, StateInUseError
from mlfn_localstack.options import RUNNER
from mlfn_localstack.pid_file import PidFile, wipe

GC_THRESHOLDS = (10_000, 10, 100)
"""Objects between collections, and these between older generations': requests leave few cycles, and at the defaults a
tenth of the time goes there."""
EXIT_USAGE = 2
EXIT_PORT_TAKEN = 3
EXIT_STATE_IN_USE = 4
EXIT_NO_RUNNER = 5


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; the exit code."""
    options = _parser().parse_args(arguments)
    if not options.allow_remote and not _is_loopback(options.host):
        print(f"{options.host} can be reached from other machines: say --allow-remote.", file=sys.stderr)  # noqa: T201 - the program's answer
        return EXIT_USAGE
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = InstanceSettings(
        state_dir=Path(options.state_dir).resolve(),
        host=options.host,
        port=options.port,
        region=options.region,
        account_id=options.account_id,
        synchronous=options.synchronous,
        options=dict(option.partition("=")[::2] for option in options.option),
    )
    problem = runner_problem(settings)
    if problem:
        print(problem, file=sys.stderr)  # noqa: T201 - the program's answer
        return EXIT_NO_RUNNER
    while True:
        try:
            reason, port = asyncio.run(_run(settings))
        except StateInUseError as error:
            print(error, file=sys.stderr)  # noqa: T201 - the program's answer
            return EXIT_STATE_IN_USE
        except OSError as error:
            print(f"Cannot listen on {options.host}:{options.port}: {error.strerror}.", file=sys.stderr)  # noqa: T201 - the program's answer
            return EXIT_PORT_TAKEN
        if reason != "reset":
            return 0
        wipe(settings.state_dir)
        settings = replace(settings, port=port)


async def _run(settings: InstanceSettings) -> tuple[str, int]:
    instance = Instance(settings)
    await instance.start()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, instance.request_stop, "shutdown")
    pid_file = PidFile(settings.state_dir)
    pid_file.write(instance.port)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        return await instance.stopped(), instance.port
    finally:
        await instance.stop()
        pid_file.remove()


def runner_problem(settings: InstanceSettings) -> str:
    """Why functions cannot run as asked for; empty if they can, or if nothing was asked for."""
    name = (settings.options or {}).get(RUNNER)
    if name is None:
        return ""
    # The whole of Lambda: half the time to the first answer, for which only who asks for a runner waits.
    from mlfn_localstack.services.lambda_.execution.runner import RunnerUnavailableError  # noqa: PLC0415
    from mlfn_localstack.services.lambda_.execution.runners import choose  # noqa: PLC0415

    try:
        choose(name, settings.state_dir)
    except RunnerUnavailableError as error:
        return f"The runner {name} is not available: {error}"
    return ""


def _account(text: str) -> str:
    """An account's id: nobody has rights in what is none."""
    if re.fullmatch("[0-9]{12}", text) is None:
        raise argparse.ArgumentTypeError(f"{text} is no account id: it has twelve digits")
    return text


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mlfn_localstack", description="An AWS emulator in one process.")
    parser.add_argument("--state-dir", required=True, help="where its state is, made if needed")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4566, help="0 takes a free one")
    parser.add_argument("--allow-remote", action="store_true", help="let --host be other than loopback")
    parser.add_argument("--region", default="us-east-1", help="for new state")
    parser.add_argument("--account-id", type=_account, default="000000000000", help="for new state")
    parser.add_argument("--synchronous", choices=("NORMAL", "FULL"), default="NORMAL", help="SQLite's synchronous")
    parser.add_argument("--option", action="append", default=[], metavar="KEY=VALUE", help="a service's setting")
    return parser


if __name__ == "__main__":
    sys.exit(main())
