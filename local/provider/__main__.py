"""`python -m local.provider`: started by the Pulumi engine, through bin/pulumi-resource-aws."""

from local.provider.serve import main

main()
