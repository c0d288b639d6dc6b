"""Who serves the local AWS of a home, where, and with which keys: the file `aws.json`."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from local.errors import LocalError
from local.home import Home


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A local AWS as its daemon announced itself."""

    pid: int
    endpoint: str
    region: str
    account: str
    access_key: str
    secret_key: str = field(repr=False)
    machines: str
    """The kind of its machines: `nspawn` or `simulated`."""
    iam_lag: float = 0.0
    """Seconds until others know what IAM was told."""

    def client(self, service: str) -> Any:  # noqa: ANN401  # what it is depends on the name
        """A boto3 client of the administrator."""
        import boto3  # noqa: PLC0415  # half a second that most commands do not need

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
        )


def announce(home: Home, connection: Connection) -> None:
    """Write the file, whole or not at all, for the owner of the folder and nobody else."""
    draft = home.connection_file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(0o600)
    draft.write_text(json.dumps(asdict(connection), indent=2))
    give_to_owner(home, draft)
    draft.replace(home.connection_file)


def known(home: Home) -> Connection | None:
    """What the daemon announced; None if nothing was. The daemon may have been killed since."""
    try:
        return Connection(**json.loads(home.connection_file.read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise LocalError(
            f"{home.connection_file} is not readable: {error}", hint="remove it and run `python -m local up`"
        ) from error


def give_to_owner(home: Home, path: Path) -> None:
    """Make `path` the property of who owns the home: the daemon may be root where the person is not."""
    owner = home.path.stat()
    os.chown(path, owner.st_uid, owner.st_gid)
