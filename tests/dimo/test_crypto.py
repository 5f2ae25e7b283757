"""Keys, seals, pseudonyms and VIN tags, against the vectors of the design."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dimo import crypto

MASTER = bytes(range(32))
SALT = b"\x11" * 16
VIN = "1HGCM82633A004352"


@pytest.mark.parametrize(
    ("license", "expected"), [("lic-1", "5QOVQMIHJQ5FRIK34ELF"), ("lic-2", "AA44HEH2FLWBLCSHADVS")]
)
def test_a_pseudonym_is_what_the_design_says(license: str, expected: str) -> None:
    assert crypto.pid(union="union-a", license=license, epoch="2026-11", salt_v=SALT, master=MASTER) == expected


def test_a_pseudonym_differs_by_union_license_epoch_vehicle_and_master() -> None:
    base = {"union": "u", "license": "l", "epoch": "2026-11", "salt_v": SALT, "master": MASTER}
    changed = [
        {},
        {"union": "v"},
        {"license": "m"},
        {"epoch": "2026-12"},
        {"salt_v": b"\x12" * 16},
        {"master": b"\1" * 32},
    ]
    assert len({crypto.pid(**{**base, **change}) for change in changed}) == len(changed)


def test_a_vin_tag_is_what_the_design_says_however_the_vin_is_typed() -> None:
    expected = "f5ae67565baf01cfe5a1bd9839b4df5afc37b5a4d55aa29ed58134f68ebc0854"
    for typed in (VIN, VIN.lower(), f"  {VIN}\n"):
        assert crypto.vin_tag(typed, key=b"\1" * 32).hex() == expected


def test_a_vin_tag_depends_on_this_systems_key() -> None:
    assert crypto.vin_tag(VIN) == crypto.vin_tag(VIN, key=crypto.subkey("vin-tag"))
    assert crypto.vin_tag(VIN) != crypto.vin_tag(VIN, key=b"\1" * 32)


def test_hkdf_is_that_of_rfc_5869() -> None:
    """Test case 3 of the RFC: no salt, no info; its first 32 bytes."""
    okm = crypto.derive(master=b"\x0b" * 22, info=b"")
    assert okm.hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"


def test_subkeys_differ_by_label_context_and_master() -> None:
    made = {
        crypto.subkey("a", master=MASTER),
        crypto.subkey("b", master=MASTER),
        crypto.subkey("a", context=b"1", master=MASTER),
        crypto.subkey("a1", master=MASTER),
        crypto.subkey("a", master=b"\1" * 32),
    }
    assert len(made) == 5
    assert {len(key) for key in made} == {32}


@given(plain=st.binary(max_size=300), place=st.binary(max_size=20))
def test_what_is_sealed_opens_again_and_never_looks_the_same(plain: bytes, place: bytes) -> None:
    first = crypto.seal(plain, label="vin", place=place, master=MASTER)
    second = crypto.seal(plain, label="vin", place=place, master=MASTER)
    assert first != second
    assert crypto.unseal(first, label="vin", place=place, master=MASTER) == plain


def test_every_changed_bit_breaks_the_seal() -> None:
    sealed = crypto.seal(b"secret", label="vin", place=b"7", master=MASTER)
    for index in range(len(sealed)):
        spoiled = sealed[:index] + bytes([sealed[index] ^ 1]) + sealed[index + 1 :]
        with pytest.raises(crypto.SealBroken):
            crypto.unseal(spoiled, label="vin", place=b"7", master=MASTER)


@pytest.mark.parametrize("change", [{"label": "other"}, {"place": b"8"}, {"master": b"\1" * 32}])
def test_a_seal_opens_only_where_it_was_made(change: dict) -> None:
    sealed = crypto.seal(b"secret", label="vin", place=b"7", master=MASTER)
    with pytest.raises(crypto.SealBroken):
        crypto.unseal(sealed, **{"label": "vin", "place": b"7", "master": MASTER, **change})


@pytest.mark.parametrize("text", [b"", b"\1", b"\1" * 28])
def test_what_was_never_sealed_is_refused(text: bytes) -> None:
    with pytest.raises(crypto.SealBroken):
        crypto.unseal(text, label="vin", master=MASTER)
