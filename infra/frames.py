"""Byte strings of any size over a stream socket, each after its length."""

from __future__ import annotations

import socket
import struct
import time

_LENGTH = struct.Struct("<Q")


def send(channel: socket.socket, payload: bytes, deadline: float | None = None) -> None:
    """Sends one frame.

    Args:
        channel: a connected stream socket.
        payload: what the other side shall receive.
        deadline: on the clock of `time.monotonic`, in seconds; no end without one.

    Raises:
        TimeoutError: the deadline passed; the channel cannot be used any more.
        ConnectionError: the other side is gone.
    """
    for part in (_LENGTH.pack(len(payload)), payload):
        channel.settimeout(_seconds_until(deadline))
        channel.sendall(part)


def receive(channel: socket.socket, deadline: float | None = None) -> bytearray:
    """Waits for one frame; arguments as for `send`.

    Raises:
        EOFError: the other side closed the channel.
        TimeoutError: the deadline passed; the channel cannot be used any more.
        ConnectionError: the other side is gone.
        MemoryError: the frame is larger than the memory that may be had.
    """
    (size,) = _LENGTH.unpack(_read(channel, _LENGTH.size, deadline))
    return _read(channel, size, deadline)


def _read(channel: socket.socket, size: int, deadline: float | None) -> bytearray:
    buffer = bytearray(size)
    missing = memoryview(buffer)
    while missing:
        channel.settimeout(_seconds_until(deadline))
        received = channel.recv_into(missing)
        if not received:
            raise EOFError
        missing = missing[received:]
    return buffer


def _seconds_until(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    seconds = deadline - time.monotonic()
    if seconds <= 0:  # settimeout(0) would mean "do not wait", which is another error
        raise TimeoutError
    return seconds
