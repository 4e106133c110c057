"""Run by the AWS CLI's own Python: `aws` commands, each in a child of one warmed interpreter.

A line of JSON each (`argv`, `cwd`, `out`, `err`: files for what it prints) is answered by a line with its exit
code. Starting `aws` takes half a second of imports; a fork takes a tenth of that, and a suite of commands adds up.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, NoReturn

from awscli.clidriver import create_clidriver, main


def serve() -> None:
    """Run commands until there are no more."""
    create_clidriver()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _run(json.loads(line))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


def _run(command: dict[str, Any]) -> NoReturn:
    os.chdir(command["cwd"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream, number in (("out", 1), ("err", 2)):
        os.dup2(os.open(command[stream], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.argv = ["aws", *command["argv"]]
    sys.exit(main())


if __name__ == "__main__":
    serve()
