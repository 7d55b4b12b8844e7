"""What vLLM counts of itself: its `/metrics`, read."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from docmill.schemas.errors import BadOutput

_RUNNING: Final = "vllm:num_requests_running"
_WAITING: Final = "vllm:num_requests_waiting"
_CACHE_USED: Final = "vllm:kv_cache_usage_perc"
_INPUT: Final = "vllm:prompt_tokens_total"
_OUTPUT: Final = "vllm:generation_tokens_total"
_PREFIX_QUERIES: Final = "vllm:prefix_cache_queries_total"
_PREFIX_HITS: Final = "vllm:prefix_cache_hits_total"
_FINISHED: Final = "vllm:request_success_total"
_WANTED: Final = "|".join((
    _RUNNING, _WAITING, _CACHE_USED, _INPUT, _OUTPUT, _PREFIX_QUERIES, _PREFIX_HITS, _FINISHED,
))  # fmt: skip
# They stand among hundreds of lines of histograms, which need not be parsed every second.
_LINES: Final = re.compile(rf"^(?:{_WANTED})[{{ \t].*$", re.MULTILINE)


@dataclass(frozen=True)
class ServerFigures:
    """The state of a server, and what it has counted since its start.

    Requests `running` and `waiting` are None where it does not say; anything else is 0 then.
    `cache_used` is the used share (0..1) of the cache of keys and values. Prefix queries and hits
    are tokens. `finished` are requests by the reason for their end.
    """

    running: int | None = None
    waiting: int | None = None
    cache_used: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    prefix_queries: int = 0
    prefix_hits: int = 0
    finished: tuple[tuple[str, int], ...] = ()


def figures_of(text: str) -> ServerFigures:
    """The figures in an answer of vLLM's `/metrics`; those of several engines are added up.

    Raises:
        BadOutput: one of them is no number, or not in Prometheus' text format.
    """
    sums: Counter[str] = Counter()
    finished: Counter[str] = Counter()
    shares = [0.0]
    try:
        for family in text_string_to_metric_families("\n".join(_LINES.findall(text)) + "\n"):
            for sample in family.samples:
                if sample.name == _CACHE_USED:
                    shares.append(sample.value)
                elif sample.name == _FINISHED:
                    finished[sample.labels.get("finished_reason", "")] += int(sample.value)
                else:
                    sums[sample.name] += int(sample.value)
    except (ValueError, OverflowError) as error:
        raise BadOutput(f"the server's metrics cannot be read: {error}") from error
    return ServerFigures(
        running=sums.get(_RUNNING),
        waiting=sums.get(_WAITING),
        cache_used=max(shares),
        input_tokens=sums[_INPUT],
        output_tokens=sums[_OUTPUT],
        prefix_queries=sums[_PREFIX_QUERIES],
        prefix_hits=sums[_PREFIX_HITS],
        finished=tuple(sorted(finished.items())),
    )
