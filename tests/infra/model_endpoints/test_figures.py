"""What is read of a server's `/metrics`."""

from __future__ import annotations

import pytest
from model_server import EXPOSITION

from docmill.infra.model_endpoints.figures import ServerFigures, figures_of
from docmill.schemas.errors import BadOutput

SHOWN = EXPOSITION.format(model="chandra", running=60, input=1000, output=200, finished=4)
HISTOGRAM = """\
# HELP vllm:e2e_request_latency_seconds Histogram of e2e request latency in seconds.
# TYPE vllm:e2e_request_latency_seconds histogram
vllm:e2e_request_latency_seconds_bucket{engine="0",le="0.3",model_name="chandra"} 1.0
vllm:e2e_request_latency_seconds_count{engine="0",model_name="chandra"} 1.0
# TYPE vllm:num_requests_waiting_by_reason gauge
vllm:num_requests_waiting_by_reason{engine="0",model_name="chandra",reason="capacity"} 99.0
# TYPE vllm:prompt_tokens_created gauge
vllm:prompt_tokens_created{engine="0",model_name="chandra"} 1.7e+09
"""


def test_the_figures_of_a_server_are_found_among_others() -> None:
    assert figures_of(HISTOGRAM + SHOWN + HISTOGRAM) == ServerFigures(
        running=60,
        waiting=0,
        cache_used=0.25,
        input_tokens=1000,
        output_tokens=200,
        prefix_queries=1000,
        finished=(("length", 0), ("stop", 4)),
    )


def test_figures_of_several_engines_are_added_up() -> None:
    text = "".join(
        f'vllm:num_requests_running{{engine="{n}"}} {n + 1}.0\n'
        f'vllm:kv_cache_usage_perc{{engine="{n}"}} 0.{n}\n'
        for n in range(3)
    )
    assert figures_of(text) == ServerFigures(running=6, cache_used=0.2)


@pytest.mark.parametrize("text", ["", "<html>not here</html>", HISTOGRAM])
def test_what_is_not_told_is_not_known(text: str) -> None:
    assert figures_of(text) == ServerFigures()
    assert (figures_of(text).running, figures_of(text).waiting) == (None, None)


@pytest.mark.parametrize("value", ["many", "NaN", "+Inf", ""])
def test_what_is_no_number_is_an_error(value: str) -> None:
    with pytest.raises(BadOutput, match="metrics cannot be read"):
        figures_of(f'vllm:num_requests_running{{engine="0"}} {value}\n')
