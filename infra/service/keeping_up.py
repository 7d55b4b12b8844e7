"""Loading and publishing by whoever owns the warehouse: this process, or a running service."""

from __future__ import annotations

from docmill.infra.service.client import service_of
from docmill.infra.service.reports import PublishReport
from docmill.infra.settings import Settings
from docmill.infra.warehouse.owner import WarehouseOwner
from docmill.infra.warehouse.owner import rebuild as build_anew
from docmill.schemas.errors import WorkspaceBusy


def own_and_publish(settings: Settings) -> PublishReport:
    """Load what was committed to the lake, and publish it, in this process.

    Raises:
        WorkspaceBusy: another process owns the workspace.
        StoreError: lake or warehouse failed.
    """
    workspace = settings.open_workspace()
    with WarehouseOwner(workspace) as owner:
        report = owner.load(workspace.lake())
        return PublishReport(documents=report.documents, changed=owner.publish())


def load_and_publish(settings: Settings) -> PublishReport:
    """The same, or have the service do it that owns the workspace.

    Raises:
        WorkspaceBusy: something owns the workspace that is no service.
        StoreError: lake, warehouse or service failed.
    """
    try:
        return own_and_publish(settings)
    except WorkspaceBusy as busy:
        with service_of(settings, busy) as service:
            return service.publish()


def rebuild_and_publish(settings: Settings) -> None:
    """Build the warehouse anew from the lake alone, and publish it.

    Raises:
        WorkspaceBusy: something owns the workspace that is no service.
        StoreError: lake, warehouse or service failed.
    """
    workspace = settings.open_workspace()
    try:
        build_anew(workspace)
        with WarehouseOwner(workspace) as owner:
            owner.publish()
    except WorkspaceBusy as busy:
        with service_of(settings, busy) as service:
            service.rebuild()
            service.publish()
