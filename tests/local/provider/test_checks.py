from local.provider.checks import Naming, check
from local.provider.iam import ROLE
from local.provider.instance import INSTANCE
from local.provider.security import GROUP
from local.provider.values import DEFAULTS, UNKNOWN

NAMING = Naming(name="hello", seed=b"seed")
MACHINE = {"ami": "ami-1", "instanceType": "t3.micro"}


def checked(row, old=None, tags=None, **inputs):
    return check(row, old or {}, inputs, NAMING, tags or {})


def reasons(row, **inputs):
    return {fault.property: fault.reason for fault in checked(row, **inputs)[1]}


def test_what_is_asked_for_stays_and_what_is_not_said_gets_its_default():
    inputs, faults = checked(INSTANCE, **MACHINE)
    assert faults == []
    assert inputs == {**MACHINE, "userDataReplaceOnChange": False, "tagsAll": {}, DEFAULTS: inputs[DEFAULTS]}
    assert inputs[DEFAULTS] == ["userDataReplaceOnChange"]


def test_an_argument_that_is_not_served_is_refused_by_name():
    found = reasons(INSTANCE, **MACHINE, tenancy="dedicated")
    assert "does not serve the argument tenancy of aws:ec2/instance:Instance" in found["tenancy"]
    assert "it serves: ami, associatePublicIpAddress" in found["tenancy"]


def test_inline_rules_of_a_group_are_refused():
    assert reasons(GROUP, ingress=[], egress=[]).keys() == {"ingress", "egress"}


def test_a_part_that_is_not_served_is_refused_by_name():
    found = reasons(INSTANCE, **MACHINE, rootBlockDevice={"volumeSize": 8, "kmsKeyId": "key"})
    assert list(found) == ["rootBlockDevice.kmsKeyId"]
    assert "it serves: deleteOnTermination" in found["rootBlockDevice.kmsKeyId"]


def test_what_is_missing_or_excludes_each_other_is_a_fault():
    found = reasons(INSTANCE, ami="ami-1", userData="a", userDataBase64="YQ==")
    assert "needs the argument instanceType" in found["instanceType"]
    assert found["userDataBase64"] == "userData and userDataBase64 exclude each other"


def test_a_name_is_made_once_and_kept():
    first, _ = checked(GROUP)
    assert first["name"].startswith("hello-")
    assert len(first["name"]) == len("hello-") + 7
    again, _ = check(GROUP, first, {}, Naming(name="hello", seed=b"another"), {})
    assert again["name"] == first["name"]


def test_a_replacement_gets_another_name():
    first, _ = checked(GROUP)
    other, _ = check(GROUP, {}, {}, Naming(name="hello", seed=b"another"), {})
    assert other["name"] != first["name"]


def test_a_given_name_is_given_up_for_a_made_one():
    given, _ = checked(GROUP, name="mine")
    made, _ = checked(GROUP, old=given)
    assert made["name"] != "mine"


def test_default_tags_join_the_own_ones_which_win():
    inputs, _ = checked(INSTANCE, tags={"app": "fleet", "stack": "dev"}, **MACHINE)
    assert inputs["tagsAll"] == {"app": "fleet", "stack": "dev"}
    inputs, _ = check(INSTANCE, {}, {**MACHINE, "tags": {"app": "hello"}}, NAMING, {"app": "fleet"})
    assert inputs["tags"] == {"app": "hello"}
    assert inputs["tagsAll"] == {"app": "hello"}


def test_tags_that_are_not_known_make_all_tags_unknown():
    inputs, _ = check(INSTANCE, {}, {**MACHINE, "tags": {"a": UNKNOWN}}, NAMING, {"app": "fleet"})
    assert inputs["tagsAll"] == UNKNOWN


def test_a_document_may_be_an_object():
    inputs, _ = checked(ROLE, assumeRolePolicy={"Version": "2012-10-17"})
    assert inputs["assumeRolePolicy"] == '{"Version": "2012-10-17"}'
