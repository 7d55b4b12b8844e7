"""The load in a server's own metrics."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from docmill.gpu_workers.load import MetricsLoad, ServerLoad

SHOWN = """\
# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="chandra"} 60.0
# HELP vllm:num_requests_waiting Number of requests waiting to be processed.
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="chandra"} 7.0
# TYPE vllm:num_requests_waiting_by_reason gauge
vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 99.0
# TYPE vllm:e2e_request_latency_seconds histogram
vllm:e2e_request_latency_seconds_bucket{engine="0",le="0.3"} 1.0
"""


def load(answer: httpx.Response) -> ServerLoad | None:
    """What is made of a server's answer."""
    transport = httpx.MockTransport(lambda _: answer)

    async def asked() -> ServerLoad | None:
        async with httpx.AsyncClient(transport=transport) as http:
            return await MetricsLoad(http, "http://gpu:8000/").load()

    return asyncio.run(asked())


def test_the_queue_is_read() -> None:
    assert load(httpx.Response(200, text=SHOWN)) == ServerLoad(running=60, waiting=7)


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "<html>not here</html>",
        "vllm:num_requests_running 3.0\n",
        "vllm:num_requests_running 3.0\nvllm:num_requests_waiting many\n",
        "vllm:num_requests_running NaN\nvllm:num_requests_waiting 0\n",
        "vllm:num_requests_running +Inf\nvllm:num_requests_waiting 0\n",
    ],
)
def test_what_is_not_told_is_unknown(shown: str) -> None:
    assert load(httpx.Response(200, text=shown)) is None


@pytest.mark.parametrize("status", [404, 503])
def test_a_server_without_metrics_has_no_known_load(status: int) -> None:
    assert load(httpx.Response(status, text=SHOWN)) is None
