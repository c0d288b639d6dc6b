import pulumi_aws
import pytest


class TestTheMocks:
    """The controls: mocks that let everything pass would prove nothing."""

    def test_refuse_an_unknown_type(self, run, ready_dev, mocked, monkeypatch):
        monkeypatch.delitem(mocked, "aws:s3/bucket:Bucket")
        with pytest.raises(Exception, match="no mock of aws:s3/bucket:Bucket"):
            run("dev")

    def test_refuse_every_function(self, run, ready_dev, monkeypatch):
        monkeypatch.setattr("fleet.fleet.offer_for", lambda *_: pulumi_aws.ec2.get_vpc(default=True))
        with pytest.raises(Exception, match="no mock of aws:ec2/getVpc:getVpc"):
            run("dev")

    def test_refuse_a_name_declared_twice(self, run, write, ready_dev, monkeypatch):
        write(
            "apps/hello.yaml",
            {"source": "../slugs/hello", "cmd": "bin/web", "allow_from": ["192.0.2.0/24", "0.0.0.0/0"]},
        )
        monkeypatch.setattr("fleet.names.ingress", lambda *_: "hello.web.ingress")
        with pytest.raises(Exception, match="declared twice"):
            run("dev")
