"""What replaces instances is said in three places, which must agree for every key of a process.

They are the version (bootstrap.script), HASHED of an instance's arguments, and the words about a change.
"""

import pytest
from pydantic import BaseModel

from fleet.arguments import HASHED, Launch, instance_arguments
from fleet.explain import replaces
from fleet.offer import Offer
from fleet.release import releases_of
from manifest import load_apps, load_settings
from manifest.model import ProcessKeys
from tests.fleet.aws import DEFAULTS, NITRO

CHANGED = {
    "cmd": "bin/other",
    "image_id": "ami-0fedcba9876543210",
    "instance_type": "t3.small",
    "subnets": ["subnet-0000000a"],
    "key_name": "ops",
    "runtime": "ruby",
    "packages": ["curl"],
    "env": {"A": "b"},
    "count": 2,
    "port": 8080,
    "healthcheck.path": "/up",
    "healthcheck.command": "bin/check",
    "healthcheck.success_codes": "200",
    "healthcheck.interval": "7s",
    "healthcheck.timeout": "4s",
    "healthcheck.threshold": 3,
    "healthcheck.start_timeout": "50s",
    "allow_from": ["10.0.0.0/8"],
    "public_ip": False,
    "root_volume.size": 9,
    "root_volume.type": "gp2",
    "tags": {"team": "core"},
    "deploy.canary": 2,
    "deploy.max_parallel": "50%",
    "deploy.min_healthy_time": "9s",
    "deploy.healthy_deadline": "400s",
    "deploy.generation": 2,
}


def keys_of(model, above=""):
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys_of(field.annotation, f"{name}.")
        else:
            yield above + name


@pytest.fixture
def declared(project, write):
    """The version and the arguments of an instance of an app whose file says this more."""

    def declared(more):
        write("apps/hello.yaml", {"slug_url": "https://e.com/a.tar.gz", "cmd": "bin/web", **more})
        settings = load_settings(project, "dev")
        (release,) = releases_of(load_apps(project, settings), settings)
        (process,) = release.app.processes
        types = dict.fromkeys(("t3.micro", "t3.small"), NITRO)
        offer = Offer(region="", account="", types=types, images=None, key_pairs=None, subnets=DEFAULTS)
        script = release.scripts[process.name]
        launch = Launch(
            process=process,
            script=script,
            settings=settings,
            offer=offer,
            security_group="sg-1",
            profile=None,
        )
        return script.version, instance_arguments(launch, 0)

    return declared


def test_every_key_of_a_process_is_here():
    assert {*keys_of(ProcessKeys)} == CHANGED.keys()


@pytest.mark.parametrize("key", CHANGED)
def test_a_change_is_told_to_replace_exactly_if_it_does(declared, key):
    (before, old), (first, _, below) = declared({}), key.partition(".")
    after, new = declared({first: {below: CHANGED[key]} if below else CHANGED[key]})
    assert replaces(key) == (before != after)
    different = {name for name in old if old[name] != new[name]}
    assert replaces(key) == bool(different & HASHED)
