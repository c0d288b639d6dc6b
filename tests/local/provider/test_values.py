from google.protobuf import struct_pb2

from local.provider.values import UNKNOWN, has_unknown, is_asset, marshal, shaped_like, unmarshal

ASSET = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "hash": "00", "path": "a"}


def test_values_survive_the_wire_and_whole_numbers_stay_whole():
    values = {"port": 5000, "share": 0.5, "on": True, "tags": {"a": "b"}, "ids": ["x", 1]}
    back = unmarshal(marshal(values))
    assert back == values
    assert [type(back[key]) for key in ("port", "share", "on")] == [int, float, bool]


def test_null_is_left_out():
    struct = struct_pb2.Struct()
    struct.update({"a": None, "b": {"c": None, "d": 1}})
    assert unmarshal(struct) == {"b": {"d": 1}}


def test_what_is_not_known_is_found_at_any_depth():
    assert has_unknown({"a": [{"b": UNKNOWN}]})
    assert not has_unknown({"a": [{"b": "known"}], "c": 1})


def test_an_asset_is_told_by_its_signature():
    assert is_asset(ASSET)
    assert not is_asset({"path": "a"})


def test_what_aws_adds_is_cut_away():
    asked = {"httpTokens": "required", "nested": {"a": 1}}
    answered = {"httpTokens": "optional", "httpEndpoint": "enabled", "nested": {"a": 2, "b": 3}}
    assert shaped_like(asked, answered) == {"httpTokens": "optional", "nested": {"a": 2}}
    assert shaped_like("t3.micro", "t3.small") == "t3.small"
