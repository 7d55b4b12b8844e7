"""A workspace: the folder that holds the lake, the warehouse and what is published of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from docmill.infra.lake import Lake
from docmill.infra.storage.opening import open_store
from docmill.schemas.errors import StoreError

DEFAULT_WORKSPACE = Path("docmill-data")


@dataclass(frozen=True)
class Workspace:
    """Where everything of one workspace is.

    `lake_at` is a folder or `s3://bucket/prefix`; empty for a folder in the workspace.
    """

    root: Path = DEFAULT_WORKSPACE
    lake_at: str = ""

    @property
    def lake_root(self) -> str:
        """Where the lake is: a folder's path or `s3://bucket/prefix`."""
        return self.lake_at or str(self.root / "lake")

    @property
    def warehouse(self) -> Path:
        """The live DuckDB file; only its owner opens it."""
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """The DuckDB file for everybody, replaced as a whole."""
        return self.root / "published.duckdb"

    @property
    def lock(self) -> Path:
        """The lock file of the warehouse's owner."""
        return self.root / "warehouse.lock"

    def create(self) -> None:
        """Make the folders, where they do not exist yet.

        Raises:
            StoreError: they cannot be made.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot create the workspace {self.root}: {error.strerror or error}",
                "Choose a folder that you may write to with `--workspace`.",
            ) from error

    def lake(self) -> Lake:
        """The lake of this workspace."""
        return Lake(open_store(self.lake_root))
