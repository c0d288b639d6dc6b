"""Pulumi.prod.yaml as shipped: an environment of its own, larger than dev."""

from collections import Counter

import pulumi
import pytest

from tests.fleet.conftest import fill_in


def test_as_shipped_it_stops_and_says_all_that_is_to_fill_in(run, monkeypatch):
    monkeypatch.setattr("fleet.fleet.AppComponent", lambda *_: pytest.fail("something was declared"))
    with pytest.raises(pulumi.RunError) as stopped:
        run("prod")
    account, image, subnets = str(stopped.value).splitlines()[1:]
    assert account.startswith("Pulumi.prod.yaml:5: aws:allowedAccountIds: is AWS's documentation account")
    assert image.startswith("Pulumi.prod.yaml:7: imageId: is a placeholder")
    assert subnets.startswith("Pulumi.prod.yaml:10: subnets: are placeholders")
    assert subnets.endswith("aws ec2 describe-subnets --query 'Subnets[].[SubnetId,AvailabilityZone]' "
                            "--output text --region eu-central-1")  # fmt: skip


class TestFilledIn:
    @pytest.fixture(autouse=True)
    def filled_in(self, project):
        fill_in(project / "Pulumi.prod.yaml")

    def test_six_of_hello_go_round_three_subnets(self, run):
        instances = run("prod").of("Instance")
        assert sorted(one.name.rsplit(".", 1)[0] for one in instances) == [f"hello.web.{n}" for n in range(6)]
        assert Counter(one.inputs["subnetId"][-1] for one in instances) == {"1": 2, "2": 2, "3": 2}
        assert {tuple(one.ignored) for one in instances} == {()}

    def test_no_default_network_is_asked_for(self, run, aws):
        run("prod")
        (asked,) = [question for question in aws.asked if question.startswith("subnets")]
        assert asked == " ".join(["subnets", *(f"subnet-0abcdef012345678{n}" for n in (1, 2, 3))])

    def test_they_are_accepted_in_waves_behind_the_canary(self, run):
        kept = run("prod").one("hello.accepted").inputs["input"]
        assert kept["processes"]["web"]["waves"] == "one after the other"
        assert kept["vcpus"] == {"web": "2"}
        assert kept["origins"]["count"] == "stack config, Pulumi.prod.yaml"

    def test_nothing_of_prod_bears_a_name_of_dev(self, run, project):
        (project / "Pulumi.dev.yaml").write_text(
            (project / "Pulumi.prod.yaml").read_text().replace("hello: 6", "hello: 1")
        )

        def names_in_aws(stack):
            seen = run(stack)
            named = {
                one.inputs["name"] for one in seen.declared if one.type.endswith(("Role", "Profile", "Group"))
            }
            return named | {one.inputs["bucket"] for one in seen.of("Bucket")}

        prod, dev = names_in_aws("prod"), names_in_aws("dev")
        assert len(prod) == len(dev) == 3
        assert not prod & dev
