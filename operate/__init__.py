"""The commands of an operator beside `pulumi up`: one app alone, orphans, IAM policies."""
