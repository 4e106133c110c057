"""Run by the AWS CLI's own Python: `aws` commands, each in a child of one warmed interpreter.

A line of JSON each (`argv`, `cwd`, `out`, `err`: files for what it prints) is answered by a line with its exit
code. Starting `aws` is half a second of imports, four times what a command itself takes.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, NoReturn

from awscli.clidriver import CLIDriver, create_clidriver


def serve() -> None:
    """Run commands until there are no more."""
    driver = create_clidriver()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _run(driver, json.loads(line))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


def _run(driver: CLIDriver, command: dict[str, Any]) -> NoReturn:
    os.chdir(command["cwd"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream, number in (("out", 1), ("err", 2)):
        os.dup2(os.open(command[stream], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.exit(driver.main(command["argv"]))


if __name__ == "__main__":
    serve()
