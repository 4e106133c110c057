"""`python -m mlfn.runtime`."""

from mlfn.runtime.loop import main

main()
