"""Flow runs that help one batch with the pages of a long document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic, sleep

from docmill.flows import names
from docmill.flows.children import POLL_S, Children, Order
from docmill.infra.reading import PageRange

# Ranges that no worker takes in this time are read by the batch's own process.
UNTAKEN_S = 60.0


@dataclass(frozen=True)
class Asked:
    """A long document: its batch's key, its source's name, its place, the trace it is part of."""

    batch: str
    source: str
    uri: str
    trace: str | None = None


def read_elsewhere(asked: Asked, ranges: Sequence[PageRange], pool: str, once: str) -> None:
    """Has page ranges read by flow runs on `pool`; returns when none of them is under way.

    Ranges that nobody takes are called off, so that workers which are all busy with batches do
    not wait for each other for ever. What is missing in the end the caller reads by itself.
    """
    children: Children[PageRange] = Children(starts=1)
    for first, last in ranges:
        children.start(_order(asked, (first, last), pool, once))
    deadline = monotonic() + UNTAKEN_S
    while children:
        children.look()
        if monotonic() > deadline:
            children.call_off_waiting()
            deadline = monotonic() + UNTAKEN_S
        sleep(POLL_S)


def _order(asked: Asked, pages: PageRange, pool: str, once: str) -> Order[PageRange]:
    first, last = pages
    uri = asked.uri
    return Order(
        key=pages,
        deployment=names.deployment(names.PAGES, pool),
        parameters={
            "batch": asked.batch,
            "uri": uri,
            "first": first,
            "last": last,
            "trace": asked.trace,
        },
        name=f"{asked.source} · {uri.rpartition('/')[2]} · pages {first}–{last}",
        once=f"{once}:{uri}:{first}-{last}",
        tags=(names.source_tag(asked.source),),
    )
