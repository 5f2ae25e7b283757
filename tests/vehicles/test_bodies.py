"""Packed bodies: read whole or refused in words, and never unpacked beyond the limit."""

import gzip
import io
import tracemalloc

import pytest
import rfc8785
import zstandard
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.devices import make_client, post, reading
from tests.vehicles.test_ingest import codes
from vehicles import bodies
from vehicles.envelope import MAX_BYTES, TooLarge

SKIPPED = (0x184D2A50).to_bytes(4, "little") + (3).to_bytes(4, "little") + b"any"
PACK = {"gzip": gzip.compress, "zstd": zstandard.ZstdCompressor().compress}
UNPACK = {"gzip": bodies.from_gzip, "zstd": bodies.from_zstd}
both = pytest.mark.parametrize("encoding", ["gzip", "zstd"])


def without_length(plain: bytes) -> bytes:
    """A zstd frame that does not tell how long its content is."""
    packer = zstandard.ZstdCompressor().compressobj()
    return packer.compress(plain) + packer.flush()


def looking_back(bits: int) -> bytes:
    """A frame whose reader has to keep 2^bits bytes."""
    parameters = zstandard.ZstdCompressionParameters(window_log=bits, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return packer.compress(b"[]") + packer.flush()


@both
@pytest.mark.django_db
def test_a_packed_body_is_taken_as_the_plain_one_is(client, encoding):
    device = make_client()
    body = rfc8785.dumps([device.signed([reading()])])
    assert codes(post(client, PACK[encoding](body), **{"Content-Encoding": encoding})) == ["accepted"]
    assert codes(post(client, body, **{"Content-Encoding": "identity"})) == ["duplicate"]


@both
@given(parts=st.lists(st.binary(max_size=300), min_size=1, max_size=5))
def test_several_parts_are_read_as_one_body(encoding, parts):
    assert UNPACK[encoding](b"".join(map(PACK[encoding], parts))) == b"".join(parts)


def test_zstd_frames_of_every_sort_are_read():
    one, empty = without_length(b"one"), PACK["zstd"](b"")
    assert bodies.from_zstd(empty + one + SKIPPED + empty + PACK["zstd"](b"two") + SKIPPED) == b"onetwo"


@both
@given(place=st.integers(1, 10_000), plain=st.binary(min_size=1, max_size=400))
def test_a_body_cut_off_anywhere_is_never_taken_for_a_shorter_one(encoding, place, plain):
    packed = PACK[encoding](plain) + (without_length(plain) if encoding == "zstd" else PACK[encoding](plain))
    cut = packed[: place % len(packed)]
    if cut == PACK[encoding](plain):
        assert UNPACK[encoding](cut) == plain
        return
    with pytest.raises(bodies.BodyUnreadable):
        UNPACK[encoding](cut)


@both
def test_a_bomb_is_refused_without_being_unpacked(encoding):
    bomb = PACK[encoding](b" " * 200_000_000)
    bombs = [bomb, bomb * 4, PACK[encoding](b"x") + bomb]
    tracemalloc.start()
    for body in bombs:
        with pytest.raises(TooLarge):
            UNPACK[encoding](body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * MAX_BYTES


@both
def test_the_limit_itself_is_taken_and_one_byte_more_is_not(encoding):
    assert len(UNPACK[encoding](PACK[encoding](b" " * MAX_BYTES))) == MAX_BYTES
    with pytest.raises(TooLarge):
        UNPACK[encoding](PACK[encoding](b" " * MAX_BYTES) + PACK[encoding](b" "))


@both
def test_parts_without_number_are_refused(encoding):
    with pytest.raises(bodies.BodyUnreadable):
        UNPACK[encoding](PACK[encoding](b"") * 20_000)


@both
@given(body=st.binary(max_size=200))
def test_any_bytes_are_a_body_or_a_named_refusal(encoding, body):
    for packed in (body, PACK[encoding](b"[]") + body, PACK[encoding](body)[: len(body)]):
        try:
            UNPACK[encoding](packed)
        except (bodies.BodyUnreadable, TooLarge):
            continue


def test_a_frame_that_wants_much_memory_is_refused():
    assert bodies.from_zstd(looking_back(23)) == b"[]"
    with pytest.raises(bodies.BodyUnreadable):
        bodies.from_zstd(looking_back(24))


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, zstd", "aws-chunked", "ĝzip"])
@pytest.mark.django_db
def test_another_packing_is_refused_and_told_what_is_taken(client, encoding):
    answer = post(client, b"[]", **{"Content-Encoding": encoding})
    assert (answer.status_code, answer.json()["code"]) == (415, "content_encoding")
    assert answer["Accept-Encoding"] == "zstd, gzip"
    assert "Accept-Post" not in answer


@pytest.mark.parametrize(("body", "status"), [(b"no gzip", 400), (gzip.compress(b" " * 50_000_000), 413)])
@pytest.mark.django_db
def test_what_cannot_be_unpacked_is_refused_in_words(client, body, status):
    answer = post(client, body, **{"Content-Encoding": "gzip"})
    assert answer.status_code == status
    assert answer.json()["detail"]


@pytest.mark.parametrize("length", ["", "x", "-5", "1e9", "²", "9" * 5000])
def test_a_length_that_is_none_is_not_believed(length):
    request = RequestFactory().generic("POST", "/", b"[]", CONTENT_LENGTH=length)
    request._stream = io.BytesIO(b"[]")
    if length.startswith("9"):
        with pytest.raises(TooLarge):
            bodies.body_of(request)
    else:
        assert bodies.body_of(request) == b"[]"
