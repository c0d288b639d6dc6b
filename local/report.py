"""Tables and texts about instances, for people."""

from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from local.connection import Connection
from local.errors import LocalError
from local.instances import Instance, instances

_COLUMNS = ("instance", "name", "state", "private", "public", "image", "age")


def print_instances(connection: Connection) -> None:
    """A table of all instances."""
    table = Table(*_COLUMNS, box=None, header_style="bold")
    for instance in instances(connection):
        table.add_row(*_row(instance))
    # A pipe has no width: then every value is shown whole.
    console = Console(soft_wrap=True) if Console().is_terminal else Console(width=200)
    console.print(f"{connection.machines} machines, {connection.endpoint}")
    console.print(table)


def console_of(connection: Connection, instance: Instance) -> str:
    """Its console, as much as the API gives for its type. Raises LocalError."""
    from botocore.exceptions import ClientError  # noqa: PLC0415  # comes with boto3, see Connection.client

    ec2 = connection.client("ec2")
    try:
        return str(ec2.get_console_output(InstanceId=instance.id, Latest=True).get("Output", ""))
    except ClientError as error:
        if error.response["Error"]["Code"] != "UnsupportedOperation":
            raise LocalError(error.response["Error"]["Message"]) from error
        return str(ec2.get_console_output(InstanceId=instance.id).get("Output", ""))


def _row(instance: Instance) -> Iterable[str]:
    return (
        instance.id,
        instance.name,
        instance.state,
        instance.private_ip,
        instance.public_ip,
        instance.image,
        _age(instance.launched),
    )


def _age(since: datetime) -> str:
    seconds = int((datetime.now(UTC) - since).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
