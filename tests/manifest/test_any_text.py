"""Whatever stands in the files: there are apps, or a ManifestError, and nothing else."""

import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from manifest import ManifestError
from tests.manifest.keys import keys

thorough = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

PROBLEM = re.compile(r"(Pulumi|Pulumi\.dev|apps/_defaults|apps/hello)\.yaml(:\d+)?: .")
KEYS = [
    *sorted({word for key in keys() for word in key.path}),
    "subnet",
    "environments",
    "x-own",
    "dev",
    "web",
]
WORDS = ["on", "012", "1.10", "-1", "3", "1e3", "~", "5m", "25%", "bin/web", "https://a/b", "s3://b/c", "''"]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WORDS)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)
files = st.dictionaries(st.sampled_from(KEYS) | st.text(min_size=1), values, min_size=1)
lines = st.lists(
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "  ", "    ", "- ", "\t", "? "]),
        st.sampled_from([*KEYS, "<<", "*a"]),
        st.sampled_from([":", ": ", ":\n  ", ": &a ", ": *a", ": !!int ", ": |", ": [", "]"]),
        st.sampled_from(WORDS) | st.text(max_size=5),
    )
).map("\n".join)


def judged(project, content, name="apps/hello.yaml"):
    """Whether the files give apps, or else a problem on each line of what is said."""
    (project.root / name).write_bytes(content)
    try:
        project.apps()
    except ManifestError as error:
        return all(PROBLEM.match(line) for line in str(error).split("\n"))
    return True


@thorough
@given(content=st.binary())
def test_any_bytes(project, content):
    assert judged(project, content)


@thorough
@given(text=st.text() | lines)
def test_any_text(project, text):
    assert judged(project, text.encode(errors="surrogatepass"))


@thorough
@given(data=files)
def test_any_values(project, data):
    assert judged(project, yaml.safe_dump(data).encode())


@thorough
@given(data=files)
def test_any_values_in_a_good_file(project, data):
    good = {"slug_url": "https://slugs.example.com/a", "cmd": "bin/web"}
    assert judged(project, yaml.safe_dump({**data, **good}).encode())


@pytest.mark.parametrize("name", ["Pulumi.yaml", "Pulumi.dev.yaml", "apps/_defaults.yaml"])
@thorough
@given(text=st.text() | lines | files.map(yaml.safe_dump))
def test_any_text_in_the_other_files(project, name, text):
    assert judged(project, text.encode(errors="surrogatepass"), name)
