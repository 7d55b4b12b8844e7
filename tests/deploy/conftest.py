from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def deploy(repository: Path) -> Path:
    """The folder of all that deploys."""
    return repository / "infra" / "deploy"
