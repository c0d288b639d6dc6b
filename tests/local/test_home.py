"""Everything of a local AWS follows from its folder."""

from ipaddress import IPv4Network
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from local.home import Home

names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1)


def test_the_same_folder_gives_the_same_place_however_it_is_spelled(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "home")
    home = Home(tmp_path / "home")
    for spelled in (tmp_path / "x" / ".." / "home", tmp_path / "link"):
        assert Home(spelled).digest == home.digest


def test_two_folders_share_neither_name_nor_address(tmp_path: Path) -> None:
    one, other = Home(tmp_path / "one"), Home(tmp_path / "other")
    assert one.name != other.name
    assert not one.loopback.overlaps(other.loopback)
    assert not one.uplink.overlaps(other.uplink)


@given(names)
def test_addresses_lie_where_no_others_are(name: str) -> None:
    home = Home(Path("/somewhere") / name)
    assert home.loopback.subnet_of(IPv4Network("127.0.0.0/8"))
    assert home.loopback.prefixlen == 21
    assert 16 <= home.loopback.network_address.packed[1] <= 254
    assert home.uplink.subnet_of(IPv4Network("198.18.0.0/15"))
    assert home.uplink.prefixlen == 30
    assert home.address == str(home.loopback[1])


@given(names)
def test_the_name_leaves_room_for_the_end_of_an_interface_s_name(name: str) -> None:
    assert len(Home(Path("/somewhere") / name).name) <= 10
