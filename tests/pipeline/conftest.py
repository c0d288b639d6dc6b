"""A pull request: a git repository with a base commit and a change on top."""

import os
from pathlib import Path

import pytest

from tests.repository import Repository
from tests.stack import ROOT

GOLDEN = Path(__file__).parent / "golden"
ROOMS = ("manifest", "bootstrap", "fleet", "operate", "pipeline")


def golden(name, text):
    """`UPDATE_GOLDEN=1 pytest tests/pipeline tests/engine/test_pull_requests.py` writes them anew."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


@pytest.fixture
def checkout(tmp_path):
    """A project with the rooms of this one, and no app."""
    for room in ROOMS:
        (tmp_path / room).symlink_to(ROOT / room)
    made = Repository(tmp_path)
    made.write("Pulumi.yaml", "name: shop\n")
    made.write("Pulumi.dev.yaml", DEV)
    made.write(".gitignore", "__pycache__/\ncomment.md\n")
    return made


DEV = """\
config:
  aws:region: eu-central-1
  aws:allowedAccountIds: ["123456789012"]
  shop:imageId: ami-0abcdef0123456789
"""
