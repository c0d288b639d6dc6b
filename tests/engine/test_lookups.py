"""A preview of what AWS does not have: everything is told at once, and nothing is begun. The real engine."""

import json
from dataclasses import replace

import pytest

pytestmark = pytest.mark.engine

IMAGE = "ami-0c0ffee0000000012"
NOWHERE = "subnet-0123456789abcdef0"


def file_of(stack, app, *lines):
    """Writes an app whose own lines begin at line 4."""
    text = ["slug_url: https://slugs.example.com/a.tar.gz", "cmd: bin/web", "allow_from: [0.0.0.0/0]", *lines]
    (stack.project / "apps" / f"{app}.yaml").write_text("".join(f"{line}\n" for line in text))


def told(text):
    """The problems in what pulumi printed."""
    return [line.strip() for line in text.splitlines() if line.strip().startswith("apps/")]


def test_a_preview_tells_all_faults_of_all_apps_and_begins_nothing(simulated):
    withdrawn = simulated.image("a short life")
    simulated.client("ec2").deregister_image(ImageId=withdrawn)
    simulated.client("ec2").create_key_pair(KeyName="ops")
    file_of(simulated, "ant", "instance_type: t3.mikro", "key_name: opps")
    file_of(simulated, "bee", f"image_id: {withdrawn}", f"subnet: {NOWHERE}")
    file_of(simulated, "cat", "instance_type: t4g.micro")
    file_of(simulated, "dog", "instance_type: t2.micro", "key_name: ops")
    done = simulated.pulumi("preview")
    assert done.code != 0
    assert [line.partition("; ")[0].partition(" (Pulumi.")[0] for line in told(done.text)] == [
        "apps/ant.yaml:4: instance_type: us-east-1 has no instance type t3.mikro (did you mean 't3.micro'?)",
        "apps/ant.yaml:5: key_name: us-east-1 has no key pair opps (did you mean 'ops'?)",
        f"apps/bee.yaml:4: image_id: us-east-1 has no {withdrawn} for this account",
        f"apps/bee.yaml:5: subnet: us-east-1 has no {NOWHERE}",
        f"apps/cat.yaml:4: instance_type: t4g.micro is arm64, but {IMAGE} is x86_64",
    ]
    assert "Traceback" not in done.text
    assert done.changes() == ["create compute-instances-local"]
    # the control: an up of what is left passes, with the warning of the old type
    for name in ("ant", "bee", "cat"):
        (simulated.project / f"apps/{name}.yaml").unlink()
    assert "a t2.micro late and seldom" in simulated.preview().text


def test_what_an_image_made_runs_on_when_it_is_withdrawn(simulated):
    image = simulated.image("ready")
    simulated.app("hello", image_id=image)
    simulated.app("other")
    simulated.up()
    before = simulated.instances()
    simulated.client("ec2").deregister_image(ImageId=image)
    simulated.app("other", env={"CHANGED": "yes"})
    done = simulated.up()
    assert f"image_id: us-east-1 has no {image} for this account" in done.text
    assert "its instances stay, but none could be launched again" in done.text
    assert {name for name in before if name.startswith("hello.")} <= simulated.instances().keys()
    simulated.app("hello", image_id=image, count=2)
    assert told(simulated.failed_up().text)


def test_who_may_not_look_something_up_is_warned_and_goes_on(simulated):
    simulated.app("hello", key_name="nobody-knows")
    limited = as_user(simulated, denied=["ec2:DescribeImages", "ec2:DescribeKeyPairs"])
    done = limited.preview()
    _, _, diagnostics = done.text.partition("Diagnostics:")
    (said,) = [line for line in diagnostics.splitlines() if "could not be asked" in line]
    code = "UnauthorizedOperation"
    assert f"for images (DescribeImages: {code}); key pairs (DescribeKeyPairs: {code})" in said
    assert "create hello.web.0." in " ".join(done.changes())
    # the control: whoever may look is told that there is no such key pair
    assert told(simulated.pulumi("preview").text)


def as_user(stack, denied):
    """The stack in the hands of somebody who may do all but this."""
    iam = stack.client("iam")
    iam.create_user(UserName="limited")
    all_but = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": denied, "Resource": "*"},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": all_but})
    iam.put_user_policy(UserName="limited", PolicyName="all-but", PolicyDocument=document)
    key = iam.create_access_key(UserName="limited")["AccessKey"]
    connection = replace(stack.connection, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
    return replace(stack, connection=connection)
