"""What the stack configures is who asks AWS, the provider and the gates alike, whatever the shell has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.stack import Stack, own_stack

pytestmark = pytest.mark.engine

NOBODY = "AKIANOBODYNOBODYNOBO"


@dataclass(frozen=True)
class Shell(Stack):
    """A shell with variables of its own."""

    variables: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        return {**super().environment(), **self.variables}


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Its keys are nobody's, and so are those of its profile; the profile `team` has good ones."""
    with own_stack(tmp_path, "simulated") as stack:
        good, file = stack.connection, tmp_path / "credentials"
        file.write_text(
            f"[shell]\naws_access_key_id = {NOBODY}\naws_secret_access_key = x\n"
            f"[team]\naws_access_key_id = {good.access_key}\naws_secret_access_key = {good.secret_key}\n"
        )
        theirs = {"AWS_ACCESS_KEY_ID": NOBODY, "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "x"}
        theirs |= {"AWS_PROFILE": "shell", "AWS_SHARED_CREDENTIALS_FILE": str(file)}
        shell = Shell(stack.project, stack.home, stack.connection, theirs)
        shell.app("hello")
        yield shell


def configure(shell: Shell, **values: str) -> None:
    for key, value in values.items():
        assert shell.pulumi("config", "set", f"aws:{key}", value, "--secret").code == 0


def test_the_stack_s_keys_and_profile_win_over_the_shell_s(shell: Shell) -> None:
    refused = shell.failed_up().text  # the control: else the shell's are
    assert "AWS: did not answer (GetCallerIdentity: InvalidClientTokenId); next: aws sts get-" in refused
    good = shell.connection
    configure(shell, accessKey=good.access_key, secretKey=good.secret_key)
    assert "hello.web.0" in shell.up().text
    for key in ("accessKey", "secretKey"):
        assert shell.pulumi("config", "rm", f"aws:{key}").code == 0
    configure(shell, profile="team")
    shell.app("hello", env={"GREETING": "hi"})
    assert " proved, " in shell.up().text
