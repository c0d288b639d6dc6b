"""An AWS of one's own: the EC2, S3 and IAM API by moto, its instances by machines that really boot."""
