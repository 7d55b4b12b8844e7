from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.infra import frames


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair()
    with left, right:
        yield left, right


@given(st.lists(st.binary(max_size=2000)))
def test_frames_arrive_whole_and_in_order(payloads: list[bytes]) -> None:
    left, right = socket.socketpair()
    with left, right:
        for payload in payloads:
            frames.send(left, payload)
            assert frames.receive(right) == payload


def test_a_frame_larger_than_every_buffer_arrives(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    payload = bytes(range(256)) * 40_000
    sender = threading.Thread(target=frames.send, args=(pair[0], payload))
    sender.start()
    assert frames.receive(pair[1], time.monotonic() + 20) == payload
    sender.join()


def test_waiting_ends_at_the_deadline(pair: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(TimeoutError):
        frames.receive(pair[0], time.monotonic() + 0.05)
    with pytest.raises(TimeoutError):
        frames.receive(pair[0], time.monotonic() - 1)


def test_sending_to_one_who_does_not_read_ends_at_the_deadline(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    with pytest.raises(TimeoutError):
        frames.send(pair[0], bytes(10_000_000), time.monotonic() + 0.1)


@pytest.mark.parametrize("sent", [b"", b"\x05\0\0", b"\x05\0\0\0\0\0\0\0abc"])
def test_a_frame_cut_short_is_no_frame(
    pair: tuple[socket.socket, socket.socket], sent: bytes
) -> None:
    pair[0].sendall(sent)
    pair[0].close()
    with pytest.raises(EOFError):
        frames.receive(pair[1])
