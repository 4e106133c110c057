"""`python -m mlfn_cli` is `mlfn`."""

from mlfn_cli.main import main

main()
