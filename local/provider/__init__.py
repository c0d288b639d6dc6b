"""A stand-in for the plugin of pulumi-aws, for machines that cannot have the real one.

The engine starts it as `pulumi-resource-aws` and speaks gRPC with it, as with the real plugin. It is a table:
a row per resource type and function that the program uses, saying which AWS calls make it, which inputs it
takes, which outputs it gives. Whatever is not in the table is refused by name. So is an endpoint that is not
on the loopback: the stand-in speaks to a local AWS only.

    serve.py       the process               table.py      what a row is
    servicer.py    gRPC <-> table            rows.py       every row there is
    operations.py  create, update            instance.py   with launch.py: the machine
    checks.py      inputs: checked           security.py   with rules.py: its groups
    diffs.py       inputs: compared          iam.py        its role
    session.py     provider config           buckets.py    with objects.py: its slug
    waiting.py     until AWS is ready        functions.py  lookups
"""
