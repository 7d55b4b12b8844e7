"""Flow runs that help one batch with the pages of a long document."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic, sleep

from docmill.flows import names
from docmill.flows.children import POLL_S, Children, Order
from docmill.infra.reading import PageRange

# Ranges that no worker takes in this time are read by the batch's own process.
UNTAKEN_S = 60.0


def read_elsewhere(
    batch: str, source: str, uri: str, ranges: Sequence[PageRange], pool: str, once: str
) -> None:
    """Has page ranges read by flow runs on `pool`; returns when none of them is under way.

    Ranges that nobody takes are called off, so that workers which are all busy with batches do
    not wait for each other for ever. What is missing in the end the caller reads by itself.
    """
    children: Children[PageRange] = Children(starts=1)
    for first, last in ranges:
        children.start(_order(batch, source, uri, (first, last), pool, once))
    deadline = monotonic() + UNTAKEN_S
    while children:
        children.look()
        if monotonic() > deadline:
            children.call_off_waiting()
            deadline = monotonic() + UNTAKEN_S
        sleep(POLL_S)


def _order(
    batch: str, source: str, uri: str, pages: PageRange, pool: str, once: str
) -> Order[PageRange]:
    first, last = pages
    return Order(
        key=pages,
        deployment=names.deployment(names.PAGES, pool),
        parameters={"batch": batch, "uri": uri, "first": first, "last": last},
        name=f"{source} · {uri.rpartition('/')[2]} · pages {first}–{last}",
        once=f"{once}:{uri}:{first}-{last}",
        tags=(names.source_tag(source),),
    )
