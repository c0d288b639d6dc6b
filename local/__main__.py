"""`python -m local`: the local AWS of a folder, by hand.

Data on stdout, everything else on stderr. Exit codes: 0 done, 1 failed (stderr says why), 2 wrong usage,
3 `status`: not up.
"""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from local import supervise
from local.connection import Connection, known
from local.environment import as_shell, variables, within
from local.errors import LocalError
from local.home import CHECKOUT, Home
from local.instances import instances, pick
from local.machines import choose
from local.privilege import become_root, can_become_root
from local.progress import step
from local.shell import enter
from local.stack import outputs

app = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

NOT_UP = 3

HomeOption = Annotated[Path, typer.Option("--home", help="Folder of the local AWS: one AWS per folder.")]
DEFAULT = Home().path
Which = Annotated[
    str, typer.Argument(metavar="INSTANCE", help="Its id, its name, or how one of them begins.")
]
WITH_A_COMMAND = {"ignore_unknown_options": True, "allow_interspersed_args": False}
IAM_LAG = "For tests: roles and policies take effect so much later, as they may on AWS."


@app.command()
def up(
    home: HomeOption = DEFAULT,
    machines: Annotated[str | None, typer.Option(help="nspawn (real ones) or simulated.")] = None,
    iam_lag: Annotated[float | None, typer.Option(min=0, metavar="SECONDS", help=IAM_LAG)] = None,
) -> None:
    """Start the local AWS; does nothing when it is up."""
    place = Home(home)
    home.mkdir(parents=True, exist_ok=True)  # ours, also if the rest is done as root
    connection = supervise.serving(place) or _start(place, choose(machines), iam_lag or 0.0)
    if machines not in {None, connection.machines} or iam_lag not in {None, connection.iam_lag}:
        raise LocalError(
            f"the local AWS of {home} is up, with {_kind(connection)}",
            hint="`python -m local down` ends it",
        )
    _say(f"local AWS: {connection.endpoint}, {_kind(connection)}")


@app.command()
def down(home: HomeOption = DEFAULT) -> None:
    """Terminate everything and remove all traces."""
    place = Home(home)
    if not place.path.exists():
        return
    connection = known(place)
    # Of one that could not announce itself the kind is not known.
    kind = connection.machines if connection else "nspawn" if place.log_file.exists() else "simulated"
    if kind == "nspawn" and (connection or can_become_root()):
        become_root()
    with step("local AWS down"):
        supervise.end(place)


@app.command()
def status(home: HomeOption = DEFAULT) -> None:
    """List the instances."""
    from local.report import print_instances  # noqa: PLC0415  # rich and boto3 take longer than `up`

    connection = supervise.serving(Home(home))
    if connection is None:
        _say(f"the local AWS of {home} is not up")
        raise typer.Exit(NOT_UP)
    print_instances(connection)


@app.command()
def logs(instance: Which, home: HomeOption = DEFAULT) -> None:
    """Print the console of an instance."""
    from local.report import console_of  # noqa: PLC0415  # as above

    connection = supervise.required(Home(home))
    typer.echo(console_of(connection, pick(instances(connection), instance)), nl=False)


@app.command(context_settings=WITH_A_COMMAND)
def shell(
    instance: Which,
    command: Annotated[list[str] | None, typer.Argument(help="Instead of a login shell.")] = None,
    home: HomeOption = DEFAULT,
) -> None:
    """Enter the machine of an instance as root: `python -m local shell hello.web.0 -- sv status app`."""
    connection = supervise.required(Home(home))
    words = command or []
    # After the first word that is no option of ours nothing is ours, so the dashes are still there.
    enter(connection, pick(instances(connection), instance), words[1:] if words[:1] == ["--"] else words)


@app.command()
def doctor(home: HomeOption = DEFAULT) -> None:
    """Look whether this host has all that real machines need; exit code 1 when not."""
    from local.doctor import examine  # noqa: PLC0415  # looks at what other commands need not

    if can_become_root():
        become_root()
    findings = []
    for finding in examine(Home(home)):
        findings.append(finding)
        typer.echo(finding)
    if any(finding.fault for finding in findings):
        raise typer.Exit(1)


@app.command()
def env(
    home: HomeOption = DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON map instead of shell lines.")] = False,  # noqa: FBT002
) -> None:
    """Print the environment of the local stack: `eval "$(python -m local env)"`."""
    place = Home(home)
    exports = variables(place, supervise.required(place))
    typer.echo(json.dumps(exports, indent=2) if as_json else as_shell(exports))
    if not as_json:
        _say(f"this shell now talks to the local AWS of {CHECKOUT}; a new shell does not")


@app.command(context_settings=WITH_A_COMMAND)
def run(command: list[str], home: HomeOption = DEFAULT) -> None:
    """Run a command with the environment of `env`: `python -m local run pulumi up`."""
    place = Home(home)
    environment = within(place, supervise.required(place))
    try:
        # In place of this process, so that signals reach the command and its exit code is ours.
        os.execvpe(command[0], command, environment)  # noqa: S606  # no shell is meant
    except OSError as error:
        raise LocalError(f"{command[0]} cannot be run: {error}") from error


@app.command()
def addresses(home: HomeOption = DEFAULT, stack: str = "local") -> None:
    """Print where each app of the stack answers."""
    place = Home(home)
    apps = outputs(stack, within(place, supervise.required(place))).get("apps", {})
    for name, one in apps.items():
        for address in one["addresses"] if one else ():
            typer.echo(f"{name}  {address}")


def _start(home: Home, kind: str, iam_lag: float) -> Connection:
    with step(f"local AWS ({kind} machines)"):
        return supervise.start(home, kind, iam_lag=iam_lag)


def _kind(connection: Connection) -> str:
    late = f", IAM {connection.iam_lag:g} s late" if connection.iam_lag else ""
    return f"{connection.machines} machines{late}"


def _say(line: str) -> None:
    typer.echo(line, err=True)


def main() -> int:
    try:
        app()
    except LocalError as error:
        _say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
