"""What AWS does not have, as the whole program tells it: at its line, all at once, nothing declared."""

import pulumi
import pytest
from botocore.exceptions import NoCredentialsError

from fleet.offer import Image, InstanceTypeInfo, Subnet
from manifest import ASK_SUBNETS
from tests.fleet.aws import DEFAULTS, refused

IMAGE = "ami-0abcdef0123456789"
A, B = "subnet-0aaaaaaa", "subnet-0bbbbbbb"
ASK = f"{ASK_SUBNETS}eu-central-1"
SILENT = "what is wrong there shows at a launch, not in a preview"

pytestmark = pytest.mark.usefixtures("ready_dev")


@pytest.fixture
def refusal(run, monkeypatch):
    """What the program says instead of declaring anything: a line per problem."""

    def refusal(stack="dev"):
        monkeypatch.setattr("fleet.fleet.declare_bucket", lambda *_: pytest.fail("something was declared"))
        with pytest.raises(pulumi.RunError) as stopped:
            run(stack)
        head, *lines = str(stopped.value).splitlines()
        assert head == "nothing was declared:"
        return lines

    return refusal


@pytest.fixture
def only(refusal):
    """The same where there is one problem."""

    def only():
        (line,) = refusal()
        return line

    return only


@pytest.fixture
def app(write):
    """Writes an app whose own lines begin at line 3."""

    def app(*lines, name="shop"):
        text = ["slug_url: https://slugs.example.com/a.tar.gz", "cmd: bin/web", *lines]
        write(f"apps/{name}.yaml", "".join(f"{line}\n" for line in text))

    return app


def other(**changed):
    usual = {"architectures": frozenset({"x86_64"}), "vcpus": 2, "hypervisor": "nitro"}
    return InstanceTypeInfo(**{**usual, "zones": frozenset({"z-9"}), **changed})


def test_a_type_that_does_not_exist_is_told_with_the_nearest(only, app, aws):
    app("instance_type: t3.mikro")
    aws.has["t3.mikro"] = None
    assert only() == (
        "apps/shop.yaml:3: instance_type: eu-central-1 has no instance type t3.mikro "
        "(did you mean 't3.micro'?)"
    )


def test_an_image_is_told_where_it_was_written_once_for_all_apps(only, app, aws):
    app()
    aws.has[IMAGE] = None
    line = only()
    assert line.startswith(f"Pulumi.dev.yaml:10: imageId: eu-central-1 has no {IMAGE} for this account; ")
    assert line.endswith("--output text --region eu-central-1")


@pytest.mark.parametrize("state", ["pending", "failed", "disabled"])
def test_an_image_that_cannot_be_launched_yet_or_any_more(only, app, aws, state):
    app("image_id: ami-0abc1234")
    aws.has["ami-0abc1234"] = Image(architecture="x86_64", state=state)
    said = f"ami-0abc1234 is {state}, and only what is available can be launched"
    assert only() == f"apps/shop.yaml:3: image_id: {said}"


def test_a_key_pair(only, app):
    app("key_name: opps")
    assert only() == ("apps/shop.yaml:3: key_name: eu-central-1 has no key pair opps (did you mean 'ops'?)")


def test_a_subnet_of_a_list_at_its_own_line(only, app, aws):
    app("subnets:", f"  - {A}", f"  - {B}")
    aws.has[B] = None
    assert only() == (f"apps/shop.yaml:5: subnets[1]: eu-central-1 has no {B}; it has those of: {ASK}")


def test_a_short_subnet_under_its_own_name(only, app, aws):
    app(f"subnet: {A}")
    aws.has[A] = None
    line = only()
    assert line.startswith(f"apps/shop.yaml:3: subnet: eu-central-1 has no {A}; ")


def test_a_subnet_of_the_stack_at_its_line_in_the_stacks_file(only, project, aws):
    file = project / "Pulumi.dev.yaml"
    file.write_text(f"{file.read_text()}  compute-instances:subnets:\n    - {A}\n    - {B}\n")
    aws.has[B] = None
    line = only()
    assert line.startswith(f"Pulumi.dev.yaml:13: subnets[1]: eu-central-1 has no {B}; ")


def test_subnets_of_several_vpcs(only, app, aws):
    app(f"subnets: [{A}, {B}]")
    aws.has[B] = Subnet(vpc="vpc-theirs", zone="z-2", default=False)
    assert only() == (
        "apps/shop.yaml:3: subnets: must be in one VPC, as the security group of their instances is: "
        f"{A} is in vpc-ours, {B} is in vpc-theirs"
    )


def test_a_type_that_a_subnets_zone_does_not_offer(only, app, aws):
    app("instance_type: p5.4xlarge", f"subnet: {A}")
    aws.has["p5.4xlarge"] = other()
    assert only() == (
        "apps/shop.yaml:3: instance_type: p5.4xlarge is not offered in z-1, "
        f"where {A} (apps/shop.yaml:4) is, but in z-9"
    )


def test_a_subnet_that_no_instance_goes_to_may_be_anywhere(run, app, aws):
    app("instance_type: p5.4xlarge", f"subnets: [{A}, {B}]")
    aws.has |= {
        "p5.4xlarge": other(zones=frozenset({"z-1"})),
        B: Subnet(vpc="vpc-ours", zone="z-2", default=False),
    }
    (instance,) = [one for one in run("dev").of("Instance") if one.name.startswith("shop.")]
    assert instance.inputs["subnetId"] == A


def test_a_type_that_no_default_subnets_zone_offers(only, app, aws):
    app("instance_type: p5.4xlarge")
    aws.has["p5.4xlarge"] = other()
    assert only() == (
        "apps/shop.yaml:3: instance_type: p5.4xlarge is offered in z-9, where no default subnet is; "
        "choose another, or name subnets"
    )


def test_no_default_network(only, aws):
    aws.defaults.clear()
    assert only() == (
        f"Pulumi.dev.yaml: subnets: eu-central-1 has no default VPC with subnets; name some: {ASK}"
    )


def test_architectures_that_do_not_agree(only, app):
    app("instance_type: t4g.micro")
    assert only() == (
        f"apps/shop.yaml:3: instance_type: t4g.micro is arm64, but {IMAGE} is x86_64 (Pulumi.dev.yaml:10)"
    )


def test_architectures_where_nobody_chose_the_type(only, app, aws):
    app("image_id: ami-0abc1234")
    aws.has["ami-0abc1234"] = Image(architecture="arm64", state="available")
    assert only() == (
        "apps/shop.yaml:3: image_id: ami-0abc1234 is arm64, but t3.micro is x86_64, the default instance_type"
    )


def test_all_problems_of_all_apps_at_once(refusal, app, aws):
    app("instance_type: t3.mikro", "key_name: opps", name="one")
    app(
        "processes:",
        "  work:",
        "    cmd: bin/work",
        f"    subnet: {A}",
        "    image_id: ami-0abc1234",
        name="two",
    )
    aws.has |= {"t3.mikro": None, A: None, "ami-0abc1234": None}
    assert [line.partition(": eu")[0] for line in refusal()] == [
        "apps/one.yaml:3: instance_type",
        "apps/one.yaml:4: key_name",
        "apps/two.yaml:6: processes.work.subnet",
        "apps/two.yaml:7: processes.work.image_id",
    ]


def test_credentials_of_another_account_and_nothing_else(only, aws):
    aws.owner, aws.has = "999999999999", {IMAGE: None}
    assert only() == (
        "Pulumi.dev.yaml:5: aws:allowedAccountIds: names 222233334444, "
        "but these credentials are of account 999999999999; next: set aws:profile, or ask whose they are: "
        "aws sts get-caller-identity"
    )


class TestNothingToLaunch:
    def test_an_app_without_instances_may_name_anything_but_a_network(self, run, app, aws, warnings):
        app("count: 0", "instance_type: t3.mikro", "key_name: opps", "image_id: ami-0abc1234")
        aws.has |= {"t3.mikro": None, "ami-0abc1234": None}
        assert run("dev").one("shop.accepted").inputs["input"]["vcpus"] == {}
        assert not [one for one in warnings if "its instances stay" in one]

    def test_what_is_gone_since_stops_nobody_while_all_instances_run(self, run, app, aws, warnings):
        app("count: 2", "image_id: ami-0abc1234")
        aws.present = {one.name for one in run("dev").of("Instance")}
        aws.has["ami-0abc1234"] = None
        assert len(run("dev").of("Instance")) == 3
        (said,) = [one for one in warnings if "ami-0abc1234" in one]
        assert said.startswith(
            "apps/shop.yaml:4: image_id: eu-central-1 has no ami-0abc1234 for this account"
        )
        assert said.endswith("; its instances stay, but none could be launched again")

    def test_a_type_that_is_offered_nowhere_any_more_runs_on(self, run, aws):
        aws.present = {one.name for one in run("dev").of("Instance")}
        aws.has["t3.micro"] = other(zones=frozenset())
        (instance,) = run("dev").of("Instance")
        assert instance.inputs["subnetId"] in DEFAULTS

    def test_one_that_is_missing_would_be_launched(self, run, refusal, app, aws):
        app("count: 2", "image_id: ami-0abc1234")
        aws.present = {
            one.name for one in run("dev").of("Instance") if not one.name.startswith("shop.web.1.")
        }
        aws.has["ami-0abc1234"] = None
        assert len(refusal()) == 1

    def test_where_nobody_knows_what_runs_it_is_refused(self, refusal, aws):
        aws.has[IMAGE], aws.silent["instances"] = None, refused("DescribeInstances")
        assert len(refusal()) == 1


@pytest.fixture
def warnings(monkeypatch):
    said = []
    monkeypatch.setattr("pulumi.log.warn", said.append)
    return said


class TestNoAnswer:
    @pytest.mark.parametrize(
        ("method", "what"),
        [("account", "the account"), ("types", "instance types"), ("images", "images")],
    )
    def test_warns_once_and_goes_on(self, run, aws, warnings, method, what):
        aws.silent[method] = refused("DescribeSomething")
        assert len(run("dev").of("Instance")) == 1
        why = "DescribeSomething: UnauthorizedOperation"
        assert warnings == [f"AWS could not be asked for {what} ({why}): {SILENT}"]

    def test_key_pairs_are_asked_for_where_one_is_named(self, run, app, aws, warnings):
        aws.silent["key_pairs"] = refused("DescribeKeyPairs", "RequestLimitExceeded")
        run("dev")
        assert warnings == []
        app("key_name: opps", "allow_from: [0.0.0.0/0]")
        run("dev")
        assert len(warnings) == 1
        assert "key pairs (DescribeKeyPairs: RequestLimitExceeded)" in warnings[0]

    def test_types_without_an_answer_take_any_default_subnet(self, run, aws):
        aws.silent["types"] = refused("DescribeInstanceTypes")
        seen = run("dev")
        assert seen.of("Instance")[0].inputs["subnetId"] in DEFAULTS
        assert seen.one("hello.accepted").inputs["input"]["vcpus"] == {}

    def test_without_a_network_nothing_can_be_declared(self, only, aws):
        aws.silent["subnets"] = refused("DescribeSubnets")
        assert only() == (
            "AWS: does not say which subnets there are and in which VPC "
            f"(DescribeSubnets: UnauthorizedOperation); next: {ASK}"
        )

    def test_where_nobody_answers_no_file_is_blamed(self, only, aws):
        aws.silent = dict.fromkeys(("account", "types", "images", "subnets"), NoCredentialsError())
        assert only() == (
            "AWS: did not answer (Unable to locate credentials); next: aws sts get-caller-identity"
        )
