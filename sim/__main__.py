"""`python -m sim` is the command `unsilo`."""

from sim.cli import main

main()
