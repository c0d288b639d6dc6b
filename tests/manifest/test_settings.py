"""A stack's config, from its file or from what Pulumi hands over."""

from pathlib import Path
from typing import ClassVar

import pytest
import yaml
from botocore.loaders import Loader

from manifest import ManifestError, load_settings, parse_settings, partition_of, refuse_placeholders
from manifest.partitions import Partition
from manifest.settings import MAX_REPLACED, OWN_KEYS, OWN_OBJECTS

ACCOUNT = "  aws:allowedAccountIds: ['123456789012']"
REGION = "  aws:region: eu-central-1"
KNOWN = "approved, counts, imageId, maxReplaced, subnets"
SHARE = "must be a share of the fleet such as 50%"
CHANGE = "must be a change's name such as plan-3fa9c1d2"
COUNT = "must be a whole number from 0 to 1000, not"


def problems(call, *arguments):
    with pytest.raises(ManifestError) as refused:
        call(*arguments)
    return str(refused.value).splitlines()


def test_what_a_stack_says(project):
    project.stack("  shop:subnets: [subnet-0000000a]", "  shop:counts: {hello: 3, api: {web: 2}}")
    settings = project.settings()
    assert (settings.project, settings.stack) == ("shop", "dev")
    assert (settings.account, settings.region) == ("123456789012", "eu-central-1")
    assert (settings.image_id, settings.subnets) == ("ami-0abc1234", ("subnet-0000000a",))
    assert settings.counts == {"hello": 3, "api": {"web": 2}}


def test_the_fewest_and_the_most_instances(project):
    project.stack("  shop:counts: {hello: 0, api: {web: 1000}}")
    assert project.settings().counts == {"hello": 0, "api": {"web": 1000}}


@pytest.mark.parametrize(("share", "percent"), [("0%", 0), ("7%", 7), ("100%", 100)])
def test_how_much_may_be_replaced(project, share, percent):
    project.stack(f"  shop:maxReplaced: {share}", "  shop:approved: plan-3fa9c1d2")
    assert (project.settings().max_replaced, project.settings().approved) == (percent, "plan-3fa9c1d2")


def test_no_change_is_approved_by_an_empty_name(project):
    project.stack("  shop:approved: ''")
    assert project.settings().approved is None


def test_every_value_knows_its_line(project):
    project.stack("  shop:counts:", "    hello: {web: 3}", "encryptionsalt: x", "other: {imageId: y}")
    assert {key: origin.line for key, origin in project.settings().origins.items()} == {
        "aws:region": 2,
        "aws:allowedAccountIds": 3,
        "aws:allowedAccountIds.0": 3,
        "imageId": 4,
        "counts": 5,
        "counts.hello": 6,
        "counts.hello.web": 6,
    }


def test_what_a_stack_need_not_say(project):
    project.write("Pulumi.dev.yaml", "config:", REGION, ACCOUNT)
    settings = project.settings()
    assert (settings.image_id, settings.subnets, settings.counts) == (None, (), {})
    assert (settings.max_replaced, settings.approved) == (50, None)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("  shop:count: {}", "count: unknown key (did you mean 'counts'?)"),
        ("  shop:qqq: {}", f"qqq: unknown key (known: {KNOWN})"),
        ("  qqq: {}", f"qqq: unknown key (known: {KNOWN})"),
        ("  counts: {}", "counts: write shop:counts"),
        (
            "  shop:counts: 3",
            "counts: must be a map of app to number; set one by: pulumi config set --path counts.APP 3",
        ),
        ("  shop:counts: {hello: '3'}", f"counts.hello: {COUNT} '3'"),
        ("  shop:counts: {hello: -1}", f"counts.hello: {COUNT} -1"),
        ("  shop:counts: {hello: 1001}", f"counts.hello: {COUNT} 1001"),
        ("  shop:counts: {hello: true}", f"counts.hello: {COUNT} True"),
        ("  shop:counts: {hello: null}", f"counts.hello: {COUNT} None"),
        ("  shop:counts: {hello: [1]}", f"counts.hello: {COUNT} [1]"),
        ("  shop:counts: {hello: {web: '3'}}", f"counts.hello.web: {COUNT} '3'"),
        ("  shop:counts: {hello: {web: {a: 1}}}", f"counts.hello.web: {COUNT} {{'a': 1}}"),
        ("  shop:maxReplaced: 50", f"maxReplaced: {SHARE}"),
        ("  shop:maxReplaced: 101%", f"maxReplaced: {SHARE}"),
        ("  shop:maxReplaced: -1%", f"maxReplaced: {SHARE}"),
        ("  shop:maxReplaced: half", f"maxReplaced: {SHARE}"),
        ("  shop:approved: 3fa9c1d2", f"approved: {CHANGE}"),
        ("  shop:approved: [plan-3fa9c1d2]", f"approved: {CHANGE}"),
        ("  shop:subnets: subnet-0000000a", "subnets: must be a list of subnet ids such as subnet-0abc1234"),
        ("  shop:subnets: [subnet-a, 5]", "subnets: must be a list of subnet ids such as subnet-0abc1234"),
    ],
)
def test_a_wrong_key(project, line, problem):
    project.stack(line)
    assert problems(project.settings) == [f"Pulumi.dev.yaml:5: {problem}"]


@pytest.mark.parametrize(
    ("region", "account", "image", "problem"),
    [
        ("  aws:region: Frankfurt", ACCOUNT, "", "2: aws:region: must be a region such as eu-central-1"),
        (
            "  aws:region: eu-central-1; x",
            ACCOUNT,
            "",
            "2: aws:region: must be a region such as eu-central-1",
        ),
        (
            REGION,
            "  aws:allowedAccountIds: [123456789012]",
            "",
            "3: aws:allowedAccountIds: must be a list of one account id, 12 digits in quotes",
        ),
        (
            REGION,
            "  aws:allowedAccountIds: ['123456789012', '123456789013']",
            "",
            "3: aws:allowedAccountIds: must be a list of one account id, 12 digits in quotes",
        ),
        (
            REGION,
            "  aws:allowedAccountIds: '123456789012'",
            "",
            "3: aws:allowedAccountIds: must be a list of one account id, 12 digits in quotes",
        ),
        (
            REGION,
            "  aws:allowedAccountIds: ['12345678901x']",
            "",
            "3: aws:allowedAccountIds: must be a list of one account id, 12 digits in quotes",
        ),
        (REGION, ACCOUNT, "  shop:imageId: debian", "4: imageId: must be an image id such as ami-0abc1234"),
        (
            REGION,
            ACCOUNT,
            "  shop:imageId: [ami-0abc1234]",
            "4: imageId: must be an image id such as ami-0abc1234",
        ),
    ],
)
def test_a_wrong_place(project, region, account, image, problem):
    project.write("Pulumi.dev.yaml", "config:", region, account, image)
    assert problems(project.settings) == [f"Pulumi.dev.yaml:{problem}"]


def test_all_problems_of_a_stack_at_once(project):
    project.write("Pulumi.dev.yaml", "config:", "  shop:count: 3", "  shop:counts: {a: x, b: -1}")
    assert problems(project.settings) == [
        "Pulumi.dev.yaml: aws:allowedAccountIds: must be a list of one account id, 12 digits in quotes",
        "Pulumi.dev.yaml: aws:region: must be a region such as eu-central-1",
        "Pulumi.dev.yaml:2: count: unknown key (did you mean 'counts'?)",
        "Pulumi.dev.yaml:3: counts.a: must be a whole number from 0 to 1000, not 'x'",
        "Pulumi.dev.yaml:3: counts.b: must be a whole number from 0 to 1000, not -1",
    ]


def test_a_stack_file_that_is_no_yaml(project):
    project.stack("\tshop:counts: {}")
    assert problems(project.settings) == ["Pulumi.dev.yaml:5: is indented by a tab; YAML wants spaces"]


def test_a_number_that_is_not_what_it_seems(project):
    project.stack("  shop:counts: {hello: 012}")
    assert problems(project.settings) == [
        "Pulumi.dev.yaml:5: YAML reads 012 as another number or date; quote it to mean the text"
    ]


def test_keys_of_other_programs_are_their_own(project):
    project.stack("  aws:profile: ops", "  datadog:anything: {at: all}")
    project.settings()


def test_pulumi_is_told_of_the_same_keys():
    project = yaml.safe_load((Path(__file__).parents[2] / "Pulumi.yaml").read_text())
    assert {*project["config"]} == {*OWN_KEYS}
    assert all(key["description"] for key in project["config"].values())
    assert project["config"]["maxReplaced"]["default"] == f"{MAX_REPLACED}%"
    assert {key for key, said in project["config"].items() if said["type"] != "string"} == {*OWN_OBJECTS}


def test_a_stack_that_is_not_there(project):
    assert problems(project.settings, "prod") == [
        "Pulumi.prod.yaml: does not exist, so there is no stack 'prod'"
    ]


@pytest.mark.parametrize("text", ["runtime: python", "name:", ""])
def test_a_project_without_a_name(project, text):
    project.write("Pulumi.yaml", text)
    text = "Pulumi.yaml: names no project; run this in the folder of Pulumi.yaml"
    assert problems(project.settings) == [text]
    (project.root / "Pulumi.yaml").unlink()
    assert problems(project.settings) == [text]


def test_a_project_file_that_is_no_yaml(project):
    project.write("Pulumi.yaml", "name: shop", "\truntime: python")
    assert problems(project.settings) == ["Pulumi.yaml:2: is indented by a tab; YAML wants spaces"]


LONGEST = "s" * (37 - len("shop-"))


@pytest.mark.parametrize(
    ("stack", "problem"),
    [
        (f"{LONGEST}s", f"'shop-{LONGEST}s' has 38 characters; AWS names made from it have room for 37"),
        ("Dev", "'shop-Dev' must begin with a letter and hold only a-z, 0-9 and '-', as buckets must"),
        ("eu.dev", "'shop-eu.dev' must begin with a letter and hold only a-z, 0-9 and '-', as buckets must"),
    ],
)
def test_a_name_that_buckets_cannot_bear(project, stack, problem):
    project.stack(name=stack)
    assert problems(project.settings, stack) == [f"Pulumi.{stack}.yaml: project and stack: {problem}"]


def test_the_longest_name(project):
    project.stack(name=LONGEST)
    assert project.settings(LONGEST).stack == LONGEST


def test_the_longest_name_leaves_room_for_the_region_in_the_buckets_name(project):
    project.stack(name=LONGEST)
    project.write(f"Pulumi.{LONGEST}.yaml", "config:", "  aws:region: us-isof-south-1", ACCOUNT)
    told = f"'shop-{LONGEST}' has 37 characters; AWS names made from it have room for 34"
    assert problems(project.settings, LONGEST) == [f"Pulumi.{LONGEST}.yaml: project and stack: {told}"]


PARTITIONS = Loader().load_data("partitions")["partitions"]
REGIONS = [
    (region, one["id"], one["outputs"]["dnsSuffix"])
    for one in PARTITIONS
    for region in one["regions"]
    if not region.endswith("-global")
]


@pytest.mark.parametrize(("region", "name", "suffix"), REGIONS)
def test_every_region_is_taken_and_in_its_partition(project, region, name, suffix):
    project.write("Pulumi.dev.yaml", "config:", f"  aws:region: {region}", ACCOUNT)
    assert partition_of(project.settings().region) == Partition(name, suffix)


class TestFromPulumi:
    """The values as pulumi.Config gives them; the file tells lines, and keys that nobody knows."""

    VALUES: ClassVar = {"aws:region": "eu-central-1", "aws:allowedAccountIds": ["123456789012"]}

    def test_the_same_settings_from_both(self, project):
        project.stack("  shop:counts: {hello: 3}")
        more = {"shop:imageId": "ami-0abc1234", "shop:counts": {"hello": 3}}
        given = parse_settings(project.root, "dev", {**self.VALUES, **more})
        assert given == load_settings(project.root, "dev")

    def test_the_given_values_hold(self, project):
        settings = parse_settings(project.root, "dev", {**self.VALUES, "shop:counts": {"hello": 4}})
        assert (settings.counts, settings.image_id) == ({"hello": 4}, None)
        assert str(settings.origin("counts.hello")) == "stack config, Pulumi.dev.yaml"

    def test_a_problem_of_a_given_value_is_told_at_its_line(self, project):
        project.stack("  shop:counts:", "    hello: 3")
        assert problems(
            parse_settings, project.root, "dev", {**self.VALUES, "shop:counts": {"hello": "x"}}
        ) == [f"Pulumi.dev.yaml:6: counts.hello: {COUNT} 'x'"]

    def test_a_given_value_that_the_file_does_not_hold_is_told_at_its_keys_line(self, project):
        project.stack("  shop:counts: {}")
        given = {**self.VALUES, "shop:counts": {"hello": "x"}}
        (problem,) = problems(parse_settings, project.root, "dev", given)
        assert problem.startswith("Pulumi.dev.yaml:5: counts.hello: ")

    def test_a_value_that_stands_in_no_file_is_of_the_file_as_a_whole(self, project):
        assert problems(parse_settings, project.root, "dev", {**self.VALUES, "shop:subnets": "x"}) == [
            "Pulumi.dev.yaml: subnets: must be a list of subnet ids such as subnet-0abc1234"
        ]

    def test_unknown_keys_are_found_in_the_file(self, project):
        project.stack("  shop:cuonts: {}")
        assert problems(parse_settings, project.root, "dev", self.VALUES) == [
            "Pulumi.dev.yaml:5: cuonts: unknown key (did you mean 'counts'?)"
        ]

    def test_a_stack_may_have_no_file(self, project):
        (project.root / "Pulumi.dev.yaml").unlink()
        assert parse_settings(project.root, "dev", self.VALUES).stack == "dev"


class TestPlaceholders:
    """As shipped, an environment names AWS's documentation account and no image."""

    def test_are_refused_with_what_to_do(self, project):
        project.write(
            "Pulumi.dev.yaml",
            "config:",
            REGION,
            "  aws:allowedAccountIds: ['111122223333']",
            "  shop:imageId: ami-00000000000000000",
        )
        account, image = problems(refuse_placeholders, project.settings())
        assert account == (
            "Pulumi.dev.yaml:3: aws:allowedAccountIds: is AWS's documentation account; put yours: "
            "pulumi config set --stack dev --type string --path 'aws:allowedAccountIds[0]' "
            '"$(aws sts get-caller-identity --query Account --output text)"'
        )
        assert image == (
            "Pulumi.dev.yaml:4: imageId: is a placeholder; put the official Debian 12 image of eu-central-1: "
            "pulumi config set --stack dev imageId "
            '"$(aws ec2 describe-images --owners 136693071363 '
            "--filters 'Name=name,Values=debian-12-amd64-*' "
            "--query 'sort_by(Images,&CreationDate)[-1].ImageId' --output text --region eu-central-1)\""
        )

    def test_one_of_them_is_enough(self, project):
        project.write("Pulumi.dev.yaml", "config:", REGION, "  aws:allowedAccountIds: ['111122223333']")
        assert len(problems(refuse_placeholders, project.settings())) == 1

    def test_filled_in_are_accepted(self, project):
        refuse_placeholders(project.settings())
