import base64
import gzip
import inspect
import json

import pulumi
import pulumi_aws
import pytest
import yaml

from bootstrap import bucket_name, slug_of
from fleet.arguments import HASHED, SAFE_IN_PLACE
from fleet.slugs import declare_bucket
from manifest import ManifestError, load_apps, load_settings

INSTANCE = "aws:ec2/instance:Instance"


def as_argument(key: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)


def test_as_shipped_dev_stops_and_says_what_to_fill_in(run):
    with pytest.raises(pulumi.RunError) as stopped:
        run("dev")
    text = str(stopped.value)
    assert "Pulumi.dev.yaml:5: aws:allowedAccountIds: is AWS's documentation account" in text
    assert "aws sts get-caller-identity" in text
    assert "imageId: is a placeholder" in text


def test_as_shipped_dev_declares_nothing(run, monkeypatch):
    monkeypatch.setattr("fleet.fleet.AppComponent", lambda *_: pytest.fail("something was declared"))
    with pytest.raises(pulumi.RunError, match="nothing was declared"):
        run("dev")


@pytest.mark.usefixtures("ready_dev")
class TestDev:
    def test_declares_the_posts_hello_as_one_instance(self, run):
        (instance,) = run("dev").of("Instance")
        version = instance.name.rsplit(".", 1)[1]
        assert instance.name == f"hello.web.0.{version}"
        assert instance.inputs["ami"] == "ami-0abcdef0123456789"
        assert instance.inputs["instanceType"] == "t3.micro"
        assert instance.inputs["associatePublicIpAddress"] is True
        assert instance.inputs["instanceInitiatedShutdownBehavior"] == "terminate"
        assert "keyName" not in instance.inputs
        assert instance.inputs["subnetId"] == "subnet-0000000a"
        assert instance.ignored == ["subnetId"]
        assert f"readonly version={version}\n" in instance.inputs["userData"]

    def test_instances_are_encrypted_and_speak_imdsv2_only(self, run):
        (instance,) = run("dev").of("Instance")
        assert instance.inputs["metadataOptions"] == {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,
        }
        assert instance.inputs["rootBlockDevice"]["encrypted"] is True

    def test_instances_are_tagged_so_that_orphans_can_be_found(self, run):
        (instance,) = run("dev").of("Instance")
        version = instance.name.rsplit(".", 1)[1]
        wanted = {
            "Name": instance.name,
            "compute-instances:project": "compute-instances",
            "compute-instances:stack": "dev",
            "compute-instances:app": "hello",
            "compute-instances:process": "web",
            "compute-instances:version": version,
        }
        assert instance.inputs["tags"] == wanted
        assert instance.inputs["volumeTags"] == wanted

    def test_each_gate_waits_for_its_instance_by_id_alone(self, run):
        seen = run("dev")
        (instance,) = seen.of("Instance")
        gate = seen.one(f"{instance.name}.gate")
        assert gate.inputs == {"input": f"id-of-{instance.name}"}
        assert gate.hooks["before_create"] == gate.hooks["before_update"] == ["proved"]

    def test_no_hook_but_before_create_and_before_update(self, run):
        for one in run("dev").declared:
            used = {moment for moment, names in one.hooks.items() if names}
            assert used <= {"before_create", "before_update"}, one.name

    def test_the_plan_is_in_no_apps_target_and_in_no_ones_way_at_the_end(self, run):
        seen = run("dev")
        (instance,) = seen.of("Instance")
        plan = seen.one("fleet-plan")
        assert plan.inputs["input"]["versions"] == {"hello.web": instance.name.rsplit(".", 1)[1]}
        assert plan.inputs["input"]["counts"] == {"hello.web": "1"}
        assert plan.hooks["before_create"] == plan.hooks["before_update"] == ["plan"]
        assert [one.name for one in seen.declared if plan.urn in one.needs] == []

    def test_accepted_stands_behind_all_gates(self, run):
        seen = run("dev")
        gates = {one.urn for one in seen.of("Stash") if one.name.endswith(".gate")}
        accepted = seen.one("hello.accepted")
        assert gates
        assert gates <= set(accepted.needs)
        assert accepted.hooks["before_update"] == ["explained"]

    def test_accepted_holds_the_script_and_where_values_came_from(self, run):
        kept = run("dev").one("hello.accepted").inputs["input"]
        (instance,) = run("dev").of("Instance")
        assert kept["processes"]["web"]["script"] == instance.inputs["userData"]
        assert kept["values"]["cmd"] == "bin/web"
        assert kept["origins"]["cmd"] == "app file, apps/hello.yaml"
        assert kept["origins"]["image_id"] == "stack config, Pulumi.dev.yaml"

    def test_what_an_instance_needs_exists_before_it(self, run):
        seen = run("dev")
        (instance,) = seen.of("Instance")
        kinds = {one.type.split(":")[-1] for one in seen.declared if one.urn in instance.needs}
        assert kinds >= {
            "RolePolicy",
            "BucketObjectv2",
            "SecurityGroupEgressRule",
            "SecurityGroupIngressRule",
        }

    def test_the_full_list_of_who_may_reach_hello(self, run):
        (rule,) = run("dev").of("SecurityGroupIngressRule")
        assert rule.name == "hello.web.ingress.5000.0.0.0.0-0"
        wanted = {"ipProtocol": "tcp", "fromPort": 5000, "toPort": 5000, "cidrIpv4": "0.0.0.0/0"}
        assert wanted.items() <= rule.inputs.items()

    def test_egress_is_one_rule_of_its_own(self, run):
        seen = run("dev")
        (rule,) = seen.of("SecurityGroupEgressRule")
        assert {"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}.items() <= rule.inputs.items()
        (group,) = seen.of("SecurityGroup")
        assert not {"ingress", "egress"} & set(group.inputs)
        assert group.inputs["vpcId"] == "vpc-default"

    def test_the_role_may_read_the_apps_slugs_and_nothing_else(self, run, project):
        bucket = bucket_name(load_settings(project, "dev"))
        (policy,) = run("dev").of("RolePolicy")
        assert json.loads(policy.inputs["policy"])["Statement"] == [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/hello/*"}
        ]

    def test_a_slug_that_changes_meanwhile_stops_before_anything_is_declared(self, project, monkeypatch):
        settings = load_settings(project, "dev")
        changed = [slug_of(app, settings) for app in load_apps(project, settings)]
        (project / "slugs/hello/bin/web").write_text("another one")
        monkeypatch.setattr("fleet.slugs.aws", None)
        with pytest.raises(ManifestError) as stopped:
            declare_bucket(settings, changed)
        assert str(stopped.value) == f"{project}/slugs/hello: changed while it was packed; run again"
        assert not [*project.glob(".slugs/hello/*")]

    def test_the_bucket_is_private(self, run):
        (block,) = run("dev").of("BucketPublicAccessBlock")
        flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        assert [block.inputs[flag] for flag in flags] == [True] * 4

    def test_the_slug_is_named_by_its_content_and_its_bytes_are_ignored_later(self, run):
        (slug,) = run("dev").of("BucketObjectv2")
        (instance,) = run("dev").of("Instance")
        assert f"/{slug.inputs['key']}\n" in instance.inputs["userData"]
        assert slug.ignored == ["source"]

    def test_every_argument_in_use_stands_in_one_row_of_the_table(self, run):
        used = {
            as_argument(key).replace("base64", "_base64")
            for one in run("dev").of("Instance")
            for key in one.inputs
        }
        assert used <= HASHED | SAFE_IN_PLACE
        assert not HASHED & SAFE_IN_PLACE
        known = {*inspect.signature(pulumi_aws.ec2.Instance._internal_init).parameters}
        assert known >= HASHED | SAFE_IN_PLACE

    @pytest.mark.parametrize(
        "changed",
        [
            {"image_id": "ami-0fedcba9876543210"},
            {"instance_type": "t3.small"},
            {"key_name": "ops"},
            {"subnet": "subnet-0000000a"},
            {"env": {"A": "b"}},
            {"root_volume": {"size": 9}},
            {"public_ip": False},
            {"deploy": {"generation": 2}},
        ],
    )
    def test_a_change_that_must_replace_makes_a_new_name(self, run, write, project, changed):
        ((before,), shipped) = (
            run("dev").of("Instance"),
            yaml.safe_load((project / "apps/hello.yaml").read_text()),
        )
        write("apps/hello.yaml", shipped | changed)
        (after,) = run("dev").of("Instance")
        assert after.name != before.name

    def test_a_long_script_goes_compressed(self, run, write, project):
        shipped = yaml.safe_load((project / "apps/hello.yaml").read_text())
        write("apps/hello.yaml", shipped | {"env": {"LONG": "x" * 20_000}})
        (instance,) = run("dev").of("Instance")
        assert "userData" not in instance.inputs
        assert b"LONG" in gzip.decompress(base64.b64decode(instance.inputs["userDataBase64"]))

    def test_one_look_up_serves_all_instances_of_a_process(self, run, project, aws):
        file = project / "Pulumi.dev.yaml"
        file.write_text(file.read_text() + "  compute-instances:counts: {hello: 20}\n")
        seen = run("dev")
        assert len(seen.of("Instance")) == 20
        assert len(aws.asked) == 4

    def test_exports_addresses_ids_versions_and_count(self, run):
        seen = run("dev")
        (instance,) = seen.of("Instance")
        assert seen.outputs["apps"]["hello"] == {
            "addresses": ["http://203.0.113.7:5000"],
            "instances": [f"id-of-{instance.name}"],
            "versions": {"web": instance.name.rsplit(".", 1)[1]},
            "counts": {"web": 1},
            "count": 1,
        }

    def test_nothing_rendered_holds_an_output_or_none(self, run):
        for one in run("dev").of("Instance"):
            assert "Output" not in one.inputs["userData"]
            assert "None" not in one.inputs["userData"]

    def test_everything_of_an_app_is_inside_its_component(self, run):
        seen = run("dev")
        app = seen.one("hello.app")
        inside = [one for one in seen.declared if one.name.startswith("hello.") and one is not app]
        assert inside
        assert {one.parent for one in inside} == {app.urn}
