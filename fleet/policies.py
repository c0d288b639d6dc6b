"""`python -m fleet.policies POLICY [--stack STACK ...]`: prints an IAM policy of `iam/`.

Without --stack with its placeholders, as `make policies` writes it from `iam/permissions.yaml`; with --stack
filled in, for `aws iam`. Makes no AWS call. Exit codes: 0 printed, 1 something is missing, 2 wrong usage.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from fleet.slugs import partition
from manifest import ManifestError, Problem, Settings, load_settings

FOLDER: Final = "iam"
TABLE: Final = "permissions.yaml"

PLACEHOLDER: Final = re.compile(r"<([a-z-]+)>")

OPTIONS: Final[Mapping[str, tuple[str, str, str]]] = {
    "state-bucket": (
        r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "the bucket of Pulumi's states",
        "acme-pulumi",
    ),
    "kms-key": (
        r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[0-9a-f-]+",
        "the key of the stack's secrets, by its ARN",
        "arn:aws:kms:eu-central-1:222233334444:key/0a1b2c3d-0000-0000-0000-000000000000",
    ),
    "repository": (
        r"[A-Za-z0-9-]+@\d+/[A-Za-z0-9._-]+@\d+",
        "OWNER@OWNER_ID/REPOSITORY@REPOSITORY_ID, as the subject of GitHub's token has it",
        "acme@1234/fleet@5678",
    ),
}
"""Placeholders that no file of the stack knows: how they look, what they are, an example."""


def made(table: Mapping[str, Any], which: str) -> str:
    """The policy `which` of the table, as JSON with placeholders."""
    statements = [_statement(row) for row in table[which]]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) + "\n"


def _statement(row: Mapping[str, Any]) -> Mapping[str, Any]:
    condition = {"Condition": row["condition"]} if "condition" in row else {}
    sid, actions = row["sid"], sorted(row["actions"])
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": row["resource"], **condition}


def read_table(root: Path) -> Mapping[str, Any]:
    """`iam/permissions.yaml`."""
    table: Mapping[str, Any] = yaml.safe_load((root / FOLDER / TABLE).read_text())
    return table


def policies(root: Path) -> Mapping[str, Callable[[], str]]:
    """Every policy by its name: two are made from the table, and who may assume a role stands in a file."""
    table, folder = read_table(root), root / FOLDER
    return {
        "preview": lambda: made(table, "preview"),
        "deploy": lambda: made(table, "deploy"),
        "trust-preview": (folder / "trust-preview.json").read_text,
        "trust-deploy": (folder / "trust-deploy.json").read_text,
    }


def filled(policy: str, settings: Settings, given: Mapping[str, str]) -> str:
    """The policy for a stack. Raises ManifestError naming all options that are missing or look wrong."""
    values = {
        "account": settings.account,
        "region": settings.region,
        "partition": partition(settings.region),
        "project": settings.project,
        "stack": settings.stack,
        **given,
    }
    wanted = dict.fromkeys(PLACEHOLDER.findall(policy))
    if problems := [*_faults([name for name in wanted if name in OPTIONS], given)]:
        raise ManifestError(problems)
    return PLACEHOLDER.sub(lambda found: values[found[1]], policy)


def _faults(wanted: Sequence[str], given: Mapping[str, str]) -> Iterator[Problem]:
    for name in wanted:
        pattern, what, example = OPTIONS[name]
        if not re.fullmatch(pattern, given.get(name, "")):
            text = f"must be {what}, such as {example}"
            yield Problem(f"--{name}", 0, text if name in given else f"is missing: it {text}")


def main() -> int:
    """Prints the policy on stdout."""
    arguments = _arguments()
    root = Path.cwd()
    policy = policies(root)[arguments.policy]()
    given = {name: value for name in OPTIONS if (value := getattr(arguments, name.replace("-", "_")))}
    try:
        if arguments.stack:
            policy = filled(policy, load_settings(root, arguments.stack), given)
    except ManifestError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(policy)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fleet.policies", description=__doc__)
    parser.add_argument("policy", choices=("preview", "deploy", "trust-preview", "trust-deploy"))
    parser.add_argument("--stack", help="the environment, such as dev")
    for name, (_, what, _) in OPTIONS.items():
        parser.add_argument(f"--{name}", help=what)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
