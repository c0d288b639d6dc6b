import base64

import pytest

from local.provider import launch

MACHINE = {"ami": "ami-1", "instanceType": "t3.micro", "tagsAll": {}}


def request(**inputs):
    return launch.request({**MACHINE, **inputs}, "/dev/xvda")


def test_the_least_there_is():
    assert request() == {"ImageId": "ami-1", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}


@pytest.mark.parametrize("public", [True, False])
def test_a_public_address_or_none_goes_with_an_interface(public):
    asked = request(
        subnetId="subnet-1",
        vpcSecurityGroupIds=["sg-1"],
        associatePublicIpAddress=public,
        privateIp="10.0.0.9",
    )
    assert asked["NetworkInterfaces"] == [
        {
            "DeviceIndex": 0,
            "AssociatePublicIpAddress": public,
            "SubnetId": "subnet-1",
            "Groups": ["sg-1"],
            "PrivateIpAddress": "10.0.0.9",
        }
    ]
    assert not asked.keys() & {"SubnetId", "SecurityGroupIds", "PrivateIpAddress"}


def test_without_a_word_on_it_there_is_no_interface():
    asked = request(subnetId="subnet-1", vpcSecurityGroupIds=["sg-1"])
    assert (asked["SubnetId"], asked["SecurityGroupIds"]) == ("subnet-1", ["sg-1"])
    assert "NetworkInterfaces" not in asked


def test_the_root_volume_goes_by_the_image_s_name_for_it():
    asked = request(rootBlockDevice={"volumeSize": 8, "encrypted": True})
    volume = {"DeleteOnTermination": True, "VolumeSize": 8, "Encrypted": True}
    assert asked["BlockDeviceMappings"] == [{"DeviceName": "/dev/xvda", "Ebs": volume}]


def test_user_data_is_bytes_however_it_is_given():
    assert request(userData="äh")["UserData"] == "äh".encode()
    assert request(userDataBase64=base64.b64encode(b"\x1f\x8b").decode())["UserData"] == b"\x1f\x8b"
    with pytest.raises(ValueError, match="base64"):
        request(userDataBase64="no base64!")


def test_the_rest_goes_by_its_names():
    asked = request(
        keyName="mine",
        iamInstanceProfile="hello",
        availabilityZone="us-east-1a",
        monitoring=True,
        instanceInitiatedShutdownBehavior="terminate",
        metadataOptions={"httpTokens": "required", "httpPutResponseHopLimit": 1},
    )
    assert asked["KeyName"] == "mine"
    assert asked["IamInstanceProfile"] == {"Name": "hello"}
    assert asked["Placement"] == {"AvailabilityZone": "us-east-1a"}
    assert asked["Monitoring"] == {"Enabled": True}
    assert asked["InstanceInitiatedShutdownBehavior"] == "terminate"
    assert asked["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}


def test_the_instance_s_tags_are_not_its_volumes():
    asked = launch.tag_specifications({"tagsAll": {"a": "b"}, "volumeTags": {"c": "d"}})
    assert asked == [
        {"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]},
        {"ResourceType": "volume", "Tags": [{"Key": "c", "Value": "d"}]},
    ]
    assert launch.tag_specifications({"tagsAll": {}}) == []


def test_user_data_comes_back_under_the_name_it_went_by():
    text, binary = base64.b64encode(b"text").decode(), base64.b64encode(b"\xff").decode()
    assert launch.user_data_outputs({"userData": "text"}, text) == {"userData": "text"}
    assert launch.user_data_outputs({"userDataBase64": text}, text) == {"userDataBase64": text}
    assert launch.user_data_outputs({}, binary) == {"userDataBase64": binary}
    assert launch.user_data_outputs({}, "") == {}
