"""Evaluations as files: what `--json` writes and comparisons read."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from docmill.infra.evaluation.summary import Summary
from docmill.schemas.errors import UsageError
from docmill.schemas.evaluation import EvaluationRecord
from docmill.schemas.frozen import Frozen


class EvaluationFile(Frozen):
    """A record with its figures."""

    format: int = 1
    summary: Summary
    record: EvaluationRecord


def write_file(path: Path, text: str) -> None:
    """Write a report, making its folder.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror or error}", "Choose another place."
        ) from error


def write_evaluation(path: Path, record: EvaluationRecord, summary: Summary) -> None:
    """Write the record and its figures as JSON.

    Raises:
        UsageError: it cannot be written.
    """
    content = EvaluationFile(summary=summary, record=record)
    write_file(path, content.model_dump_json(indent=1))


def read_evaluation(path: Path) -> EvaluationRecord:
    """The record in a file that `docmill eval --json` wrote.

    Raises:
        UsageError: it is missing, or something else.
    """
    try:
        return EvaluationFile.model_validate_json(path.read_bytes()).record
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror or error}",
            "Name a file that `docmill eval DATASET --json FILE` wrote.",
        ) from error
    except ValidationError as error:
        raise UsageError(
            f"{path} is no evaluation of this version: {error.errors()[0]['msg']}",
            "Write it anew with `docmill eval DATASET --json FILE`.",
        ) from error
