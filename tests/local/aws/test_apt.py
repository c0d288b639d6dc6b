"""Which of this host's apt files a machine image takes over."""

from pathlib import Path

from local.aws.apt import debian_sources


def stanza(**fields: str) -> str:
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


DEBIAN = stanza(
    Origin="Debian", Release="bookworm-updates", Sourcesentry="/etc/apt/sources.list.d/a.sources:7"
)
NOT_FETCHED = stanza(Release="bookworm", Sourcesentry="/etc/apt/sources.list:1")
OTHER_ARCHIVE = stanza(Origin="Docker", Release="bookworm", Sourcesentry="/etc/apt/sources.list.d/d.list:1")
OTHER_SUITE = stanza(Origin="Debian", Release="trixie", Sourcesentry="/etc/apt/sources.list.d/t.list:1")


def test_the_files_that_name_debian_are_taken_once_each() -> None:
    again = DEBIAN.replace(":7", ":1")
    assert debian_sources(f"{DEBIAN}\n{again}\n") == (Path("/etc/apt/sources.list.d/a.sources"),)


def test_a_source_whose_lists_were_never_fetched_counts_as_debian() -> None:
    assert debian_sources(NOT_FETCHED) == (Path("/etc/apt/sources.list"),)


def test_other_archives_and_other_suites_are_left_out() -> None:
    assert debian_sources(f"{OTHER_ARCHIVE}\n{OTHER_SUITE}\n{NOT_FETCHED}") == debian_sources(NOT_FETCHED)


def test_a_host_without_sources_has_none() -> None:
    assert debian_sources("") == ()
