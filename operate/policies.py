"""`python -m operate.policies POLICY [--stack STACK ...]`: prints an IAM policy of `iam/`.

Without --stack with its placeholders, as `make policies` writes it from `iam/permissions.yaml`; with --stack
filled in, for `aws iam`. Makes no AWS call. Exit codes: 0 printed, 1 the stack's files say no, 2 wrong usage.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from manifest import ManifestError, Settings, load_settings, partition_of, refuse_placeholder_account

FOLDER: Final = "iam"
TABLE: Final = "permissions.yaml"
MADE: Final = ("preview", "deploy")
"""The policies that are made from the table."""

TRUSTS: Final = ("trust-preview", "trust-deploy", "trust-account")
"""Those that say who may assume a role; each stands in a file."""

PLACEHOLDER: Final = re.compile(r"<([a-z-]+)>")


@dataclass(frozen=True, kw_only=True)
class Option:
    """A placeholder that no file of the stack knows: how it looks, what it is, an example."""

    pattern: str
    what: str
    example: str

    def __call__(self, value: str) -> str:
        """The value itself. Raises what argparse tells as wrong usage."""
        if not re.fullmatch(self.pattern, value):
            raise argparse.ArgumentTypeError(f"must be {self}")
        return value

    def __str__(self) -> str:
        return f"{self.what}, such as {self.example}"


OPTIONS: Final[Mapping[str, Option]] = {
    "state-bucket": Option(
        pattern=r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        what="the bucket of Pulumi's states",
        example="pulumi-state-222233334444-eu-central-1",
    ),
    "kms-key": Option(
        pattern=r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[0-9a-f-]+",
        what="the key of the stack's secrets, by its ARN",
        example="arn:aws:kms:eu-central-1:222233334444:key/0a1b2c3d-0000-0000-0000-000000000000",
    ),
    "repository": Option(
        pattern=r"[A-Za-z0-9-]+@\d+/[A-Za-z0-9._-]+@\d+",
        what="OWNER@OWNER_ID/REPOSITORY@REPOSITORY_ID, as the subject of GitHub's token has it",
        example="acme@1234/fleet@5678",
    ),
}

ANOTHER: Final = Option(
    pattern=r"[a-z0-9][a-z0-9-]*", what="the name of a stack beside --stack", example="test-aws"
)


def policy_json(table: Mapping[str, Any], which: str) -> str:
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


def policies(root: Path) -> Mapping[str, str]:
    """Every policy by its name, with placeholders."""
    table = read_table(root)
    trusts = {which: (root / FOLDER / f"{which}.json").read_text() for which in TRUSTS}
    return {which: policy_json(table, which) for which in MADE} | trusts


def missing(policy: str, given: Mapping[str, str]) -> Sequence[str]:
    """The options that the policy's placeholders ask for, and that are not given."""
    return [name for name in OPTIONS if name in PLACEHOLDER.findall(policy) and name not in given]


def filled(policy: str, settings: Settings, given: Mapping[str, str]) -> str:
    """The policy for a stack, with nothing `missing`.

    Raises ManifestError for an environment whose account is still as shipped.
    """
    refuse_placeholder_account(settings)
    values = {
        "account": settings.account,
        "region": settings.region,
        "partition": partition_of(settings.region).name,
        "project": settings.project,
        "stack": settings.stack,
        **given,
    }
    return PLACEHOLDER.sub(lambda found: values[found[1]], policy)


def main() -> int:
    """Prints the policy on stdout."""
    root, parser = Path.cwd(), _parser()
    arguments = parser.parse_args()
    policy = policies(root)[arguments.policy]
    given = {name: value for name in OPTIONS if (value := getattr(arguments, name.replace("-", "_")))}
    if arguments.stack and (absent := missing(policy, given)):
        parser.error("\n".join(f"--{name} is missing: {OPTIONS[name]}" for name in absent))
    try:
        sys.stdout.write(filled(policy, _settings(root, arguments), given) if arguments.stack else policy)
    except ManifestError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _settings(root: Path, arguments: argparse.Namespace) -> Settings:
    settings = load_settings(root, arguments.stack)
    return replace(settings, stack=arguments.another or settings.stack)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m operate.policies", description=__doc__)
    parser.add_argument("policy", choices=(*MADE, *TRUSTS))
    parser.add_argument("--stack", help="the environment whose file says account and region, such as dev")
    parser.add_argument("--as", dest="another", type=ANOTHER, metavar="STACK", help=str(ANOTHER))
    for name, option in OPTIONS.items():
        parser.add_argument(f"--{name}", type=option, help=str(option))
    return parser


if __name__ == "__main__":
    sys.exit(main())
