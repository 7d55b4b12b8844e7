"""What a Prefect server says, by its HTTP interface alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

POLL_S = 0.5
T = TypeVar("T")


class PrefectApi:
    """Questions to a server."""

    def __init__(self, url: str, auth: tuple[str, str] | None = None) -> None:
        self._client = httpx.Client(base_url=url, timeout=30, auth=auth)

    def close(self) -> None:
        """Closes the connection."""
        self._client.close()

    def all(self, what: str, **filters: Any) -> list[dict[str, Any]]:
        """All objects of a kind (`flow_runs`, `deployments`, ...), as far as one answer holds."""
        return self._post(f"/{what}/filter", filters)

    def deployment(self, name: str) -> dict[str, Any]:
        """The deployment `flow/name`."""
        answer = self._client.get(f"/deployments/name/{name}")
        answer.raise_for_status()
        return answer.json()

    def start(self, deployment: str, **parameters: Any) -> str:
        """Starts a flow run; returns its id."""
        found = self.deployment(deployment)["id"]
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        return self._post(f"/deployments/{found}/create_flow_run", body)["id"]

    def run(self, run_id: str) -> dict[str, Any]:
        """A flow run."""
        answer = self._client.get(f"/flow_runs/{run_id}")
        answer.raise_for_status()
        return answer.json()

    def children(self, run_id: str) -> list[dict[str, Any]]:
        """The flow runs that a flow run started, by name."""
        of = {"parent_flow_run_id": {"any_": [run_id]}}
        return sorted(self.all("flow_runs", flow_runs=of), key=lambda run: run["name"])

    def states(self, run_id: str) -> list[str]:
        """The names of all states that a flow run went through, in order."""
        answer = self._client.get("/flow_run_states/", params={"flow_run_id": run_id})
        answer.raise_for_status()
        return [state["name"] for state in sorted(answer.json(), key=lambda s: s["timestamp"])]

    def artifacts(self, run_id: str) -> list[dict[str, Any]]:
        """The artifacts of a flow run."""
        return self.all("artifacts", artifacts={"flow_run_id": {"any_": [run_id]}})

    def logs(self, run_id: str) -> list[str]:
        """The log lines of a flow run, in order."""
        of = {"flow_run_id": {"any_": [run_id]}}
        lines = self._post("/logs/filter", {"logs": of, "sort": "TIMESTAMP_ASC", "limit": 200})
        return [line["message"] for line in lines]

    def events(self, name: str) -> list[dict[str, Any]]:
        """The events of a name, newest first."""
        body = {"filter": {"event": {"name": [name]}}, "limit": 50}
        return self._post("/events/filter", body)["events"]

    def wait(self, run_id: str, seconds: float) -> dict[str, Any]:
        """The flow run in its final state.

        Raises:
            TimeoutError: it is not over in time.
        """

        def over() -> dict[str, Any] | None:
            run = self.run(run_id)
            final = ("COMPLETED", "FAILED", "CANCELLED")  # a crashed run starts again
            return run if run["state_type"] in final else None

        return until(over, seconds, lambda: f"{self.run(run_id)['state']}")

    def load(self) -> None:
        """Has the lake loaded; while another load is under way, its own is cancelled."""

        def loaded() -> bool:
            return self.wait(self.start("load/warehouse"), 120)["state_name"] == "Completed"

        until(loaded, 240)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        def answered() -> httpx.Response | None:
            answer = self._client.post(path, json=body)
            return None if answer.status_code == 503 else answer  # its SQLite file was locked

        answer = until(answered, 30)
        answer.raise_for_status()
        return answer.json()


def until(look: Callable[[], T | None], seconds: float, what: Callable[[], str] = lambda: "") -> T:
    """What `look` returns, as soon as that is something.

    Raises:
        TimeoutError: it is nothing for so long; `what` tells how things are then.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (found := look()) not in (None, False):
            return found
        time.sleep(POLL_S)
    raise TimeoutError(f"not within {seconds} s: {what()}")
