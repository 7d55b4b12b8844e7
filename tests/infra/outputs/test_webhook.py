"""What a receiver can do to a delivery, over a real connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from receiver import Receiver, Reply, unused_url

from docmill.infra.outputs.answer import Answer, Verdict
from docmill.infra.outputs.message import Message
from docmill.infra.outputs.options import WebhookOptions
from docmill.infra.outputs.webhook import Webhook
from docmill.schemas.errors import UsageError

MESSAGE = Message("event-1", "d" * 64, "file:///in/a.pdf", b'{"id":"event-1"}')
ENVIRONMENT = {"SECRET": "a-secret-of-many-letters", "TOKEN": "Bearer abc"}


@contextmanager
def opened(url: str, timeout_s: float = 5, **options: object) -> Generator[Webhook]:
    webhook = Webhook(
        WebhookOptions.model_validate(
            {"url": url, "secret_env": "SECRET", "timeout_seconds": timeout_s, **options}
        ),
        ENVIRONMENT,
    )
    try:
        yield webhook
    finally:
        webhook.close()


def send(url: str, timeout_s: float = 5) -> Answer:
    with opened(url, timeout_s) as webhook:
        (answer,) = webhook.send([MESSAGE])
    return answer


def test_what_arrives(receiver: Receiver) -> None:
    with opened(receiver.url, headers_env={"Authorization": "TOKEN"}) as webhook:
        assert webhook.send([MESSAGE])[0] == Answer(Verdict.DELIVERED, 200)
    (received,) = receiver.received
    assert received.body == MESSAGE.body
    assert received.headers["authorization"] == "Bearer abc"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["webhook-id"] == "event-1"
    assert abs(int(received.headers["webhook-timestamp"]) - time.time()) < 5
    assert received.headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.DELIVERED),
        (202, Verdict.DELIVERED),
        (204, Verdict.DELIVERED),
        *((status, Verdict.LATER) for status in (408, 409, 425, 429, 500, 502, 503, 504, 599)),
        *((status, Verdict.REFUSED) for status in (301, 307, 400, 401, 403, 404, 413, 422)),
        (410, Verdict.GONE),
    ],
)
def test_what_a_status_means(receiver: Receiver, status: int, verdict: Verdict) -> None:
    body = b"" if status == 204 else b"because"
    receiver.reply = lambda _: Reply(status, {"location": "/elsewhere"}, body)
    answer = send(receiver.url)
    assert (answer.verdict, answer.status) == (verdict, status)
    assert len(receiver.received) == 1  # no redirect was followed
    if verdict is not Verdict.DELIVERED:
        assert answer.error == f"HTTP {status} because"
        assert answer.hint or verdict is Verdict.GONE


def test_a_receiver_may_ask_for_a_pause(receiver: Receiver) -> None:
    receiver.reply = lambda _: Reply(429, {"retry-after": "77"})
    assert send(receiver.url).asked == timedelta(seconds=77)


@pytest.mark.parametrize(
    "reply",
    [Reply(hang_s=30), Reply(drip_s=0.05)],
    ids=["hangs", "sends a byte now and then"],
)
def test_a_request_ends_in_time(receiver: Receiver, reply: Reply) -> None:
    receiver.reply = lambda _: reply
    began = time.monotonic()
    answer = send(receiver.url, timeout_s=0.5)
    assert time.monotonic() - began < 4
    assert (answer.verdict, answer.error) == (Verdict.LATER, "no answer within 0.5 s")


def test_broken_connections_are_tried_again(receiver: Receiver) -> None:
    receiver.reply = lambda _: Reply(cut=True)
    for url in (receiver.url, unused_url(), "http://no-such-host.invalid/hook"):
        answer = send(url)
        assert (answer.verdict, answer.status) == (Verdict.LATER, None)
        assert answer.error


def test_an_answer_is_neither_read_whole_nor_trusted(receiver: Receiver) -> None:
    receiver.reply = lambda _: Reply(500, body=b"\x1b[31m\xff\n<b>" + b"x" * 50_000_000)
    began = time.monotonic()
    answer = send(receiver.url)
    assert time.monotonic() - began < 4
    assert len(answer.error) < 400
    assert answer.error.isprintable()


def test_an_answer_without_end_counts_by_its_head(receiver: Receiver) -> None:
    receiver.reply = lambda _: Reply(200, {"content-encoding": "gzip"}, b"\x00" * 100)
    assert send(receiver.url).verdict is Verdict.DELIVERED


def test_several_at_once_are_answered_in_their_order(receiver: Receiver) -> None:
    receiver.reply = lambda each: Reply(500 if each.event_id == "1" else 200)
    messages = [Message(str(number), "", "", b"{}") for number in range(4)]
    with opened(receiver.url, parallel=4) as webhook:
        verdicts = [answer.verdict for answer in webhook.send(messages)]
    assert [verdict is Verdict.LATER for verdict in verdicts] == [False, True, False, False]


@pytest.mark.parametrize(
    "use",
    [
        lambda: Webhook(WebhookOptions(url="http://h/", secret_env="NONE"), ENVIRONMENT),
        lambda: Webhook(
            WebhookOptions(url="http://h/", secret_env="SECRET", headers_env={"x-a": "BAD"}),
            ENVIRONMENT | {"BAD": "a\nb: c"},
        ),
    ],
)
def test_what_the_environment_lacks_is_named(use: Callable[[], Webhook]) -> None:
    with pytest.raises(UsageError) as raised:
        use()
    assert any(name in raised.value.message for name in ("NONE", "BAD"))
    assert "b: c" not in raised.value.message
