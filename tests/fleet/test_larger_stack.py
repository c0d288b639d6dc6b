import json

import pulumi
import pytest


class TestLarger:
    """A generated stack: 12 apps, two of them switched off, explicit subnets, several instances each."""

    @pytest.fixture
    def stack(self, write):
        def stack(subnets="cab", app_0=5):
            config = {
                "aws:region": "eu-central-1",
                "aws:allowedAccountIds": ["222233334444"],
                "compute-instances:imageId": "ami-0abcdef0123456789",
                "compute-instances:subnets": [f"subnet-0000000{letter}" for letter in subnets],
                "compute-instances:counts": {"app-0": app_0, "hello": 0},
            }
            write("Pulumi.big.yaml", {"config": config})

        stack()
        return stack

    @pytest.fixture(autouse=True)
    def fleet(self, write, stack):
        write("apps/_defaults.yaml", {"cmd": "bin/web", "count": 2, "env": {"TEAM": "core"}})
        for n in range(12):
            app = {"slug_url": f"https://slugs.example.com/app-{n}.tar.gz", "env": {"N": n}}
            if n == 11:
                app["environments"] = {"big": {"count": 0}}
            if n == 10:
                app |= {
                    "slug_url": "s3://team-slugs/ten/10.tar.gz",
                    "allow_from": ["2001:db8::/32"],
                    "key_name": "ops",
                }
            write(f"apps/app-{n}.yaml", app)

    def test_every_app_gets_its_count(self, run):
        counts = {}
        for one in run("big").of("Instance"):
            counts[one.name.split(".")[0]] = counts.get(one.name.split(".")[0], 0) + 1
        assert counts == {"app-0": 5} | {f"app-{n}": 2 for n in range(1, 11)}

    def test_instances_go_round_the_subnets_whatever_their_order(self, run, stack):
        before = {one.name: one.inputs["subnetId"][-1] for one in run("big").of("Instance")}
        assert [before[name] for name in sorted(before) if name.startswith("app-0.")] == [*"abcab"]
        stack(subnets="bca")
        assert {one.name: one.inputs["subnetId"][-1] for one in run("big").of("Instance")} == before

    def test_a_named_subnet_is_not_ignored_later(self, run):
        assert {tuple(one.ignored) for one in run("big").of("Instance")} == {()}

    def test_only_a_slug_in_a_private_bucket_needs_a_role(self, run):
        seen = run("big")
        assert {one.name for one in seen.of("Role")} == {"hello.role", "app-10.role"}
        with_role = {
            one.name.split(".")[0] for one in seen.of("Instance") if one.inputs.get("iamInstanceProfile")
        }
        assert with_role == {"app-10"}

    def test_a_slug_in_ones_own_bucket_may_be_read_and_no_other(self, run):
        policy = run("big").one("app-10.role.slug-").inputs["policy"]
        assert json.loads(policy)["Statement"][0]["Resource"] == "arn:aws:s3:::team-slugs/ten/10.tar.gz"

    def test_ipv6_sources(self, run):
        (rule,) = [one for one in run("big").of("SecurityGroupIngressRule") if one.name.startswith("app-10.")]
        assert rule.inputs["cidrIpv6"] == "2001:db8::/32"
        assert "cidrIpv4" not in rule.inputs

    def test_every_gate_is_behind_its_own_instance(self, run):
        seen = run("big")
        gates = {one.name: one for one in seen.of("Stash") if one.name.endswith(".gate")}
        assert len(gates) == 25
        for one in seen.of("Instance"):
            assert gates[f"{one.name}.gate"].inputs == {"input": f"id-of-{one.name}"}

    def test_one_bad_file_and_nothing_is_declared(self, run, write, monkeypatch):
        monkeypatch.setattr("fleet.fleet.AppComponent", lambda *_: pytest.fail("something was declared"))
        write("apps/app-3.yaml", {"slug_ur": "https://example.com/a.tar.gz", "count": "2"})
        with pytest.raises(pulumi.RunError) as stopped:
            run("big")
        assert "apps/app-3.yaml:1: slug_ur: unknown key (did you mean 'slug_url'?)" in str(stopped.value)
        assert "apps/app-3.yaml:2: count: must be a whole number" in str(stopped.value)

    def test_scaling_out_keeps_the_names_of_the_first(self, run, stack):
        before = {one.name for one in run("big").of("Instance")}
        stack(app_0=7)
        after = {one.name for one in run("big").of("Instance")}
        assert before < after
        assert {name.split(".")[2] for name in after - before} == {"5", "6"}
