"""Tables and texts about instances, for people."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from local.connection import Connection
from local.errors import LocalError

_COLUMNS = ("instance", "name", "state", "private", "public", "image", "age")


def print_instances(connection: Connection) -> None:
    """A table of all instances the API describes, the terminated ones of the last hour included."""
    table = Table(*_COLUMNS, box=None, header_style="bold")
    for instance in _instances(connection):
        table.add_row(*_row(instance))
    # A pipe has no width: then every value is shown whole.
    console = Console(soft_wrap=True) if Console().is_terminal else Console(width=200)
    console.print(f"{connection.machines} machines, {connection.endpoint}")
    console.print(table)


def console_of(connection: Connection, instance: str) -> str:
    """The console of an instance, as much as the API gives for its type. Raises LocalError."""
    from botocore.exceptions import ClientError  # noqa: PLC0415  # comes with boto3, see Connection.client

    ec2 = connection.client("ec2")
    try:
        return str(ec2.get_console_output(InstanceId=instance, Latest=True).get("Output", ""))
    except ClientError as error:
        if error.response["Error"]["Code"] != "UnsupportedOperation":
            raise LocalError(
                error.response["Error"]["Message"], hint="`python -m local status` lists the instances"
            ) from error
        return str(ec2.get_console_output(InstanceId=instance).get("Output", ""))


def _instances(connection: Connection) -> Iterator[dict[str, Any]]:
    pages = connection.client("ec2").get_paginator("describe_instances").paginate()
    for page in pages:
        for reservation in page["Reservations"]:
            yield from reservation["Instances"]


def _row(instance: dict[str, Any]) -> Iterable[str]:
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}
    return (
        instance["InstanceId"],
        tags.get("Name", ""),
        instance["State"]["Name"],
        instance.get("PrivateIpAddress", ""),
        instance.get("PublicIpAddress", ""),
        instance["ImageId"],
        _age(instance["LaunchTime"]),
    )


def _age(since: datetime) -> str:
    seconds = int((datetime.now(UTC) - since).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
