"""Keys: the hash of all that determines a stage's output. Same key = work already done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | Mapping[str, Json] | None"


def document_id_of(content: bytes) -> str:
    """SHA-256 of a file's bytes, 64 hex digits: the identity of a document."""
    return hashlib.sha256(content).hexdigest()


def stable_key(stage: str, inputs: Mapping[str, Json]) -> str:
    """The key of a stage's output: 40 hex digits, equal in every process and on every machine.

    Args:
        stage: name of the stage, so that two stages with equal inputs differ.
        inputs: everything that determines the output (input keys, engine tag, schema hash,
            stage version, …).
    """
    text = json.dumps([stage, inputs], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:40]
