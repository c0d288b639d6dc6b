"""The environment in which pulumi, aws and every AWS SDK talk to the local AWS."""

import os
import shlex
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from local import toolchain
from local.connection import Connection
from local.errors import LocalError
from local.home import CHECKOUT, Home

# Any of these would win over, or mix with, the keys and the endpoint of the local AWS.
UNSET = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CA_BUNDLE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    *(f"AWS_ENDPOINT_URL_{service}" for service in ("EC2", "IAM", "KMS", "S3", "STS")),
    "PULUMI_STACK",
    "PULUMI_ACCESS_TOKEN",
)


def variables(home: Home, connection: Connection) -> dict[str, str]:
    """What a shell of the local stack exports."""
    return _aws(connection) | _pulumi(home) | {"PATH": _path(home)}


def within(home: Home, connection: Connection) -> dict[str, str]:
    """The environment of a process of the local stack, made from ours."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return kept | variables(home, connection)


def as_shell(exports: Mapping[str, str]) -> str:
    """Lines for `eval`."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in exports.items()]
    return "\n".join([f"unset {' '.join(UNSET)}", *lines])


def _aws(connection: Connection) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": connection.endpoint,
        "AWS_ACCESS_KEY_ID": connection.access_key,
        "AWS_SECRET_ACCESS_KEY": connection.secret_key,
        "AWS_REGION": connection.region,
        "AWS_DEFAULT_REGION": connection.region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _pulumi(home: Home) -> dict[str, str]:
    return {
        # Else Pulumi keeps a note beside each file of its state, and one half written by a killed `up` makes
        # the state unreadable: https://pkg.go.dev/gocloud.dev/blob/fileblob
        "PULUMI_BACKEND_URL": f"file://{home.state.resolve()}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_HOME": str(home.pulumi.resolve()),
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_ERROR_OUTPUT_STRING": "1",
        "PULUMI_PARALLEL": "64",  # a gate holds one of these places while it waits
        "PULUMI_DIY_BACKEND_ZSTD": "true",
    }


def _path(home: Home) -> str:
    folders = [*_toolchain(), *_plugin(home), str(Path(sys.executable).parent)]
    earlier = [one for one in os.environ.get("PATH", os.defpath).split(os.pathsep) if one not in folders]
    return os.pathsep.join([*folders, *earlier])


def _toolchain() -> list[str]:
    try:
        return [str(toolchain.bin_folder())]
    except LocalError:
        return []  # who only wants the API needs no Pulumi


def _plugin(home: Home) -> list[str]:
    """The stand-in for Pulumi's AWS plugin, unless the real one is installed: found on PATH it would win."""
    folder = home.pulumi / "plugins" / f"resource-aws-v{version('pulumi-aws')}"
    # Beside one that is not whole, Pulumi leaves this mark.
    real = folder.is_dir() and not folder.with_name(f"{folder.name}.partial").exists()
    return [] if real else [str(CHECKOUT / "local" / "provider" / "bin")]
