"""The automations that are shipped: created, or brought up to date by name, on deployment.

Two keep runs alive. A flow run whose process was killed, or whose machine vanished, stops sending
heartbeats (or never begins) and is set to Crashed; a crashed flow run is scheduled again, up to
`flows.starts` starts in all. The number of starts is a label of Prefect's own event, so the bound
holds on the server, whatever the flow does. A run that crashed before it ever began is left to
the run that started it: the server does not count such attempts.

The others tell people, by the notification block that `flows.notify` names; without one they do
nothing but show in the event feed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ActionTypes, ChangeFlowRunState, DoNothing, SendNotification
from prefect.events.schemas.automations import (
    AutomationCore,
    EventTrigger,
    Posture,
)
from prefect.events.schemas.events import ResourceSpecification

from docmill.flows.events import BUDGET_REACHED, DOCUMENT_FAILED, DRIFT_FOUND, QUEUE_BACKLOG
from docmill.flows.names import TAG
from docmill.flows.registry import Action, Change
from docmill.infra.settings import Flows

HEARTBEAT = "prefect.flow-run.heartbeat"
# Names of states in which a flow run has begun, and in which it owes no heartbeat.
_BEGUN = ("Running", "Retrying", "Rerunning")
_RESTING = (
    *("Completed", "Failed", "TimedOut", "Crashed", "Cancelled", "Skipped", "Paused", "Suspended"),
    *("Scheduled", "AwaitingRetry", "AwaitingConcurrencySlot"),
)
# A burst: this many failed documents of one source within this time.
_BURST = 20
_BURST_WITHIN = timedelta(minutes=10)
# A worker reports a crash twice (Prefect 3.8.8), and breaks down when it is given the same flow run
# before it is done with the first: a crashed run rests for so long before it starts again.
_REST = timedelta(seconds=15)
# Warnings of one kind come at most this often.
_QUIET = timedelta(hours=1)


def automations(flows: Flows, block: UUID | None) -> tuple[AutomationCore, ...]:
    """All shipped automations; `block` is the notification block's id."""
    return (*_recovery(flows), *_warnings(block))


def apply(client: SyncPrefectClient, wanted: AutomationCore) -> Change:
    """Creates the automation, or brings the one of this name up to date.

    Whether it is switched on is the operators' choice and stays as it is.
    """
    found = client.read_automations_by_name(wanted.name)
    if not found:
        client.create_automation(wanted)
        return Change("automation", wanted.name, Action.CREATED)
    present = AutomationCore.model_validate(found[0].model_dump())
    kept = wanted.model_copy(update={"enabled": present.enabled})
    if _plain(present) == _plain(kept):
        return Change("automation", wanted.name, Action.UNCHANGED)
    client.update_automation(found[0].id, kept)
    return Change("automation", wanted.name, Action.UPDATED)


def _plain(automation: AutomationCore) -> dict[str, Any]:
    return AutomationCore.model_validate(automation.model_dump()).model_dump()


def _recovery(flows: Flows) -> Iterator[AutomationCore]:
    ours = _ours()
    silence = timedelta(seconds=flows.silent_seconds)
    yield AutomationCore(
        name="docmill: silent flow runs are crashed",
        description=f"A flow run without a heartbeat for {silence.seconds} s lost its process.",
        trigger=EventTrigger(
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            match_related=ours,
            for_each={"prefect.resource.id"},
            after={HEARTBEAT},
            expect={HEARTBEAT, *_events(_RESTING)},
            posture=Posture.Proactive,
            threshold=1,
            within=silence,
        ),
        actions=[_crash(f"No heartbeat for {silence.seconds} s: the process or machine is gone.")],
    )
    yield AutomationCore(
        name="docmill: flow runs that never begin are crashed",
        description="A worker took the flow run and did not start it in time.",
        trigger=EventTrigger(
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            match_related=ours,
            for_each={"prefect.resource.id"},
            after=set(_events(("Pending", "Submitting"))),
            expect=set(_events((*_BEGUN, *_RESTING))),
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(minutes=flows.pending_minutes),
        ),
        actions=[_crash(f"Not begun within {flows.pending_minutes:g} minutes of being taken.")],
    )
    yield AutomationCore(
        name="docmill: crashed flow runs start again",
        description=f"Up to {flows.starts} starts in all; finished work is skipped.",
        trigger=EventTrigger(
            match=ResourceSpecification(
                {
                    "prefect.resource.id": "prefect.flow-run.*",
                    # a label that matches nothing where no second start is wanted
                    "prefect.run-count": [str(n) for n in range(1, flows.starts)] or ["never"],
                }
            ),
            match_related=ours,
            for_each={"prefect.resource.id"},
            after={"prefect.flow-run.Crashed"},
            expect=set(_events(("AwaitingRetry", "Scheduled", "Pending", *_BEGUN))),
            posture=Posture.Proactive,
            threshold=1,
            within=_REST,
        ),
        actions=[
            ChangeFlowRunState(
                name="AwaitingRetry",
                state=StateType.SCHEDULED,
                message="The process died; starting again.",
                force=False,
            )
        ],
    )


def _warnings(block: UUID | None) -> Iterator[AutomationCore]:
    yield AutomationCore(
        name="docmill: many documents fail",
        description=f"{_BURST} documents of a source failed within {_BURST_WITHIN.seconds // 60}"
        " minutes.",
        trigger=EventTrigger(
            match=ResourceSpecification({"prefect.resource.id": "docmill.document.*"}),
            for_each={"related:source:prefect.resource.id"},
            expect={DOCUMENT_FAILED},
            posture=Posture.Reactive,
            threshold=_BURST,
            within=_BURST_WITHIN,
        ),
        actions=[_tell(block, "many documents fail")],
    )
    for event, subject in (
        (BUDGET_REACHED, "a source reached its limit of pages"),
        (QUEUE_BACKLOG, "the review queue is long"),
        (DRIFT_FOUND, "figures have drifted"),
    ):
        yield AutomationCore(
            name=f"docmill: {subject}",
            description=f"On the event {event}; at most one an hour.",
            trigger=EventTrigger(
                match=ResourceSpecification({"prefect.resource.id": "docmill.*"}),
                for_each={"prefect.resource.id"},
                expect={event},
                posture=Posture.Reactive,
                threshold=1,
                within=_QUIET,
            ),
            actions=[_tell(block, subject)],
        )


def _ours() -> ResourceSpecification:
    return ResourceSpecification(
        {"prefect.resource.role": "tag", "prefect.resource.id": f"prefect.tag.{TAG}"}
    )


def _events(states: tuple[str, ...]) -> Iterator[str]:
    return (f"prefect.flow-run.{state}" for state in states)


def _crash(message: str) -> ChangeFlowRunState:
    return ChangeFlowRunState(name="Crashed", state=StateType.CRASHED, message=message, force=False)


def _tell(block: UUID | None, subject: str) -> ActionTypes:
    if block is None:
        return DoNothing()
    body = "{{ event.event }} about {{ event.resource.name }}\n{{ event.payload }}"
    return SendNotification(block_document_id=block, subject=f"docmill: {subject}", body=body)
