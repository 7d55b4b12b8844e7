"""When is a model server ready, and when is one that was ready no longer to be trusted?"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from docmill.infra.model_endpoints.checking import ANSWER_LIMIT_S, question
from docmill.infra.model_endpoints.endpoint import ModelEndpoint
from docmill.schemas.errors import BadOutput, EngineError

_LOOK_LIMIT_S = 10.0


def is_up(endpoint: ModelEndpoint, model: str) -> bool:
    """Whether the server answers and serves the model.

    Raises:
        BadOutput: it serves something else: another server has the port.
    """
    if not endpoint.is_healthy(_LOOK_LIMIT_S):
        return False
    try:
        names = [each.name for each in endpoint.models()]
    except EngineError:
        return False
    if model not in names:
        raise BadOutput(
            f"{endpoint.url} serves {', '.join(names) or 'nothing'}, not {model}",
            "Another server seems to have the port: choose one with `--port`.",
        )
    return True


def warm_up(endpoint: ModelEndpoint, model: str) -> float:
    """Asks about one small picture with log-probabilities, so that no page pays for first times.

    Returns:
        Seconds until the answer.

    Raises:
        EngineError: the server does not answer, or refuses.
    """
    began = monotonic()
    endpoint.complete(question(model, logprobs=True, top_logprobs=1), ANSWER_LIMIT_S)
    return monotonic() - began


@dataclass
class Pulse:
    """Looks at a server that was ready; single failures are forgiven, a row of them is not."""

    endpoint: ModelEndpoint
    most_failures: int = 3
    failures: int = 0

    def beats(self) -> bool:
        """Looks once; False from the last failure that is forgiven on."""
        healthy = self.endpoint.is_healthy(_LOOK_LIMIT_S)
        self.failures = 0 if healthy else self.failures + 1
        return self.failures < self.most_failures


@dataclass
class Restarts:
    """How often a process is started again, and how long it rests before.

    The pause doubles with every start that follows an end; a process that ran for `stable_s`
    begins anew. Pauses are seconds.
    """

    most: int = 5
    first_s: float = 5.0
    longest_s: float = 300.0
    stable_s: float = 600.0
    number: int = 0

    def pause_after(self, ran_s: float, most: int | None = None) -> float | None:
        """The pause before the next start, after it ran for so long; None: no more starts.

        `most` is another bound than the usual one.
        """
        if ran_s >= self.stable_s:
            self.number = 0
        if self.number >= (self.most if most is None else most):
            return None
        self.number += 1
        return min(self.first_s * 2 ** (self.number - 1), self.longest_s)
