"""A lake with finished documents, and settings that deliver them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from receiver import Receiver

from docmill.infra.outputs.deliverer import Deliverer
from docmill.infra.outputs.report import OutputReport
from docmill.infra.settings import Settings, load_settings
from docmill.infra.workspace import Workspace

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
Deliver = Callable[..., OutputReport]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def settings(workspace: Workspace, receiver: Receiver) -> Callable[..., Settings]:
    """Settings with one output `erp`; options go on top of a webhook that sends everything."""

    def make(places: Any = None, **options: Any) -> Settings:
        webhook = {"kind": "webhook", "url": receiver.url, "secret_env": "ERP", "since": "start"}
        files = options.get("kind") == "files"
        erp = {"since": "start", **options} if files else {**webhook, **options}
        return load_settings(workspace=workspace.root, outputs={"erp": erp}, sources=places or {})

    return make


@pytest.fixture
def deliver(settings: Callable[..., Settings], mill: Any, clock: Any) -> Deliver:
    """One pass of a new process over the output `erp`."""

    def once(places: Any = None, **options: Any) -> OutputReport:
        (report,) = Deliverer(
            settings(places, **options), lake=mill.lake, clock=clock, environment={"ERP": SECRET}
        ).once()
        return report

    return once
