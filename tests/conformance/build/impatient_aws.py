"""The AWS CLI, but that it does not sleep for half a minute before it looks at a stack again."""

import sys
import time

import awscli.clidriver  # it is the CLI's Python that runs this

asleep = time.sleep


def nap(seconds: float) -> None:
    """Sleep, but not for long."""
    asleep(min(seconds, 0.2))


setattr(time, "sleep", nap)  # noqa: B010 - mypy knows that it is a function
sys.exit(awscli.clidriver.main())
