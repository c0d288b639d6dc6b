import pytest

from local.errors import LocalError
from local.provider import diffs
from local.provider.iam import ROLE
from local.provider.instance import INSTANCE
from local.provider.objects import OBJECT
from local.provider.rules import INGRESS_RULE
from local.provider.security import GROUP
from local.provider.values import DEFAULTS, UNKNOWN

MACHINE = {"ami": "ami-1", "instanceType": "t3.micro", "userData": "a", "userDataReplaceOnChange": False}
SIGNATURE = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17"}


def changes(row, old, new):
    found = diffs.diff(row, old, new)
    return set(found.changed), set(found.replaces)


def test_nothing_changed():
    assert changes(INSTANCE, MACHINE, dict(MACHINE)) == (set(), set())


@pytest.mark.parametrize("name", ["ami", "subnetId", "keyName", "associatePublicIpAddress", "privateIp"])
def test_what_only_a_new_machine_can_have(name):
    new = {**MACHINE, name: "other"}
    assert changes(INSTANCE, {**MACHINE, name: "one"}, new) == ({name}, {name})


def test_what_is_not_known_yet_counts_as_changed():
    assert changes(INSTANCE, MACHINE, {**MACHINE, "ami": UNKNOWN}) == ({"ami"}, {"ami"})


def test_user_data_changes_in_place_unless_told_to_replace():
    assert changes(INSTANCE, MACHINE, {**MACHINE, "userData": "b"}) == ({"userData"}, set())
    told = {**MACHINE, "userDataReplaceOnChange": True}
    assert changes(INSTANCE, told, {**told, "userData": "b"}) == ({"userData"}, {"userData"})


def test_what_aws_chose_is_no_change():
    old = {
        **MACHINE,
        "privateIp": "172.31.0.4",
        "metadataOptions": {"httpTokens": "required", "httpEndpoint": "enabled"},
    }
    new = {**MACHINE, "metadataOptions": {"httpTokens": "required"}}
    assert changes(INSTANCE, old, new) == (set(), set())
    new["metadataOptions"] = {"httpTokens": "optional"}
    assert changes(INSTANCE, old, new) == ({"metadataOptions"}, set())


def test_an_argument_taken_away_is_a_change():
    assert changes(INSTANCE, MACHINE, {key: MACHINE[key] for key in ("ami", "instanceType")})[0] == {
        "userData",
        "userDataReplaceOnChange",
    }


def test_groups_have_no_order():
    old, new = {**MACHINE, "vpcSecurityGroupIds": ["b", "a"]}, {**MACHINE, "vpcSecurityGroupIds": ["a", "b"]}
    assert changes(INSTANCE, old, new) == (set(), set())


def test_a_change_the_stand_in_cannot_make_is_refused_by_name():
    old = {**MACHINE, "rootBlockDevice": {"volumeSize": 8}}
    with pytest.raises(LocalError, match="does not serve a change of rootBlockDevice on an existing"):
        diffs.diff(INSTANCE, old, {**old, "rootBlockDevice": {"volumeSize": 9}})


def test_what_is_not_known_yet_is_a_change_and_no_refusal():
    old = {**MACHINE, "iamInstanceProfile": "compute-instances.dev.hello"}
    assert changes(INSTANCE, old, {**old, "iamInstanceProfile": UNKNOWN}) == ({"iamInstanceProfile"}, set())


def test_a_change_that_comes_with_a_replacement_is_none_to_make():
    old = {**MACHINE, "rootBlockDevice": {"volumeSize": 8}}
    new = {**old, "rootBlockDevice": {"volumeSize": 9}, "ami": "ami-2"}
    assert changes(INSTANCE, old, new) == ({"ami", "rootBlockDevice"}, {"ami"})


def test_documents_are_compared_by_meaning():
    old = {"assumeRolePolicy": '{"a": 1,   "b": 2}'}
    assert changes(ROLE, old, {"assumeRolePolicy": '{"b":2,"a":1}'}) == (set(), set())
    assert changes(ROLE, old, {"assumeRolePolicy": '{"b":3,"a":1}'}) == ({"assumeRolePolicy"}, set())


def test_a_file_is_compared_by_content():
    def stored(content, path):
        return {"bucket": "b", "key": "k", "source": {**SIGNATURE, "hash": content, "path": path}}

    assert changes(OBJECT, stored("1", "a"), stored("1", "b")) == (set(), set())
    assert changes(OBJECT, stored("1", "a"), stored("2", "a")) == ({"source"}, set())


def test_a_rule_changes_in_place_but_for_the_kind_of_its_source():
    rule = {"securityGroupId": "sg-1", "ipProtocol": "tcp", "cidrIpv4": "10.0.0.0/8", "fromPort": 80}
    assert changes(INGRESS_RULE, rule, {**rule, "cidrIpv4": "0.0.0.0/0"}) == ({"cidrIpv4"}, set())
    other = {key: value for key, value in rule.items() if key != "cidrIpv4"} | {"cidrIpv6": "::/0"}
    assert changes(INGRESS_RULE, rule, other) == ({"cidrIpv4", "cidrIpv6"}, {"cidrIpv4", "cidrIpv6"})


def test_a_replacement_under_the_same_name_lets_the_old_one_go_first():
    old = {"name": "mine", "description": "a", DEFAULTS: []}
    assert diffs.diff(GROUP, old, {**old, "description": "b"}).delete_first
    made = {**old, DEFAULTS: ["name"]}
    assert not diffs.diff(GROUP, made, {**made, "description": "b"}).delete_first
    assert not diffs.diff(GROUP, old, {**old, "name": "other"}).delete_first


def test_a_preview_knows_only_the_inputs():
    outputs = diffs.outputs_of_creation(INSTANCE, {**MACHINE, "subnetId": "subnet-1", DEFAULTS: []})
    assert outputs["ami"] == "ami-1"
    assert outputs["subnetId"] == "subnet-1"
    assert outputs["publicIp"] == outputs["arn"] == outputs["instanceState"] == UNKNOWN
    assert DEFAULTS not in outputs


def test_a_preview_of_a_change_knows_the_rest_of_the_state():
    state = {**MACHINE, "publicIp": "1.2.3.4", "arn": "arn"}
    outputs = diffs.outputs_of_update(INSTANCE, state, MACHINE, {**MACHINE, "userData": "b"})
    assert outputs == {**state, "userData": "b", "publicIp": UNKNOWN, "publicDns": UNKNOWN}


def test_drift_reaches_the_inputs_and_nothing_else_does():
    inputs = {**MACHINE, "metadataOptions": {"httpTokens": "required"}, "tags": {"a": "b"}, DEFAULTS: []}
    state = {
        **MACHINE,
        "instanceType": "t3.large",
        "metadataOptions": {"httpTokens": "required", "httpEndpoint": "enabled"},
        "tags": {},
        "publicIp": "1.2.3.4",
        "keyName": "theirs",
    }
    assert diffs.refreshed(INSTANCE, inputs, state) == {**inputs, "instanceType": "t3.large", "tags": {}}


def test_drift_of_a_nested_object_leaves_out_what_nobody_asked_for():
    inputs = {**MACHINE, "metadataOptions": {"httpTokens": "required"}}
    state = {**MACHINE, "metadataOptions": {"httpTokens": "optional", "httpEndpoint": "enabled"}}
    assert diffs.refreshed(INSTANCE, inputs, state)["metadataOptions"] == {"httpTokens": "optional"}


def test_an_import_takes_all_that_aws_says_and_a_program_could_say():
    state = {"ami": "ami-1", "keyName": "", "tags": {}, "publicIp": "1.2.3.4", "subnetId": "subnet-1"}
    found = diffs.refreshed(INSTANCE, {}, state)
    assert found == {"ami": "ami-1", "subnetId": "subnet-1", "tagsAll": {}}
