"""Whether the warehouse is what the lake says: compared with one that is built anew from it.

The new one is built from exactly the commit records that the checked one has loaded, so that what
arrived since is no difference. While another process owns the live file, the published copy is
checked instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from docmill.infra.lake import Lake
from docmill.infra.storage.opening import open_store
from docmill.infra.storage.store import ObjectStore, Sink, StoredObject
from docmill.infra.warehouse import ddl, layout
from docmill.infra.warehouse.comparing import Difference, differences
from docmill.infra.warehouse.ddl import literal
from docmill.infra.warehouse.lake_check import Damage, LakeCheck
from docmill.infra.warehouse.loader import Loader
from docmill.infra.warehouse.lock import exclusive
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import StoreError, UsageError, WorkspaceBusy

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is in all."""

REBUILD = "Build it anew from the lake with `docmill warehouse rebuild`."
_COMMITS = "commits/"


@dataclass(frozen=True)
class Verification:
    """What was checked, and what is wrong.

    `owner` says who owns the live file; None where that file was checked. `commits` were loaded,
    `objects` of the lake are what they refer to. `damaged_documents` refer to damaged objects;
    they were left out of the comparison. `not_compared` says why there was none, and is empty
    otherwise. `not_loaded` are commit records that are in the lake only: no fault.
    """

    checked: Path
    owner: str | None
    commits: int
    objects: int
    damages: tuple[Damage, ...]
    damaged_documents: tuple[str, ...]
    differences: tuple[Difference, ...]
    not_compared: str
    not_loaded: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.damages or self.differences or self.not_compared)


def verify(workspace: Workspace, progress: Progress, examples: int | None = 3) -> Verification:
    """Check a workspace's warehouse and its lake.

    Args:
        workspace: whose.
        progress: is told how it goes.
        examples: at most so many differing rows for each table; None for all.

    Raises:
        UsageError: there is no warehouse yet.
        StoreError: the lake does not answer, or the warehouse cannot be opened.
    """
    with (
        _checked_file(workspace) as (path, owner),
        _scratch(workspace.root) as folder,
        closing(duckdb.connect()) as connection,
    ):
        connection.execute(f"SET temp_directory = {literal(str(folder))}")
        _attach(connection, path, "checked")
        loaded = _loaded(connection, path)
        store = open_store(workspace.lake_root)
        check = LakeCheck(Lake(store), partial(progress, "reading the lake"))
        damages = tuple(check.damages(list(loaded.items())))
        damaged = tuple(sorted({each.document_id for each in damages if each.document_id}))
        kept = {key for key, document_id in loaded.items() if document_id not in damaged}
        kept -= {damage.name for damage in damages}
        rebuilt = folder / "rebuilt.duckdb"
        found, problem = (), ""
        try:
            _rebuild(rebuilt, _OnlyCommits(store, kept, partial(progress, "building anew")))
        except StoreError as error:
            problem = error.message
        else:
            _attach(connection, rebuilt, "rebuilt")
            comparing = partial(progress, "comparing tables")
            found = differences(
                connection, "checked", "rebuilt",
                examples=examples, left_out=damaged, progress=comparing,
            )  # fmt: skip
        return Verification(
            checked=path,
            owner=owner,
            commits=len(loaded),
            objects=check.objects,
            damages=damages,
            damaged_documents=damaged,
            differences=found,
            not_compared=problem,
            not_loaded=tuple(key for key in Lake(store).commit_keys() if key not in loaded),
        )


@contextmanager
def _checked_file(workspace: Workspace) -> Generator[tuple[Path, str | None]]:
    """The live file, owned for as long as it is needed; else the published one, and who owns."""
    with ExitStack() as held:
        path, owner = workspace.warehouse, None
        if path.exists():
            try:
                held.enter_context(exclusive(workspace.lock))
            except WorkspaceBusy as error:
                path, owner = workspace.published, error.message
        if not path.exists():
            raise UsageError(
                f"there is no {path} to check",
                "Run `docmill run SOURCE` first, or name another folder with `--workspace`.",
            )
        yield path, owner


@contextmanager
def _scratch(root: Path) -> Generator[Path]:
    try:
        folder = TemporaryDirectory(prefix=".verify-", dir=root)
    except OSError as error:
        raise StoreError(f"cannot write to {root}: {error.strerror}") from error
    with folder as name:
        yield Path(name)


def _attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    try:
        connection.execute(f"ATTACH {literal(str(path))} AS {name} (READ_ONLY)")
    except duckdb.Error as error:
        raise StoreError(f"{path}: {str(error).splitlines()[0]}", REBUILD) from error


def _loaded(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str | None]:
    """Commit records that the checked warehouse has loaded, with the documents they are about."""
    try:
        found = connection.execute("SELECT format FROM checked.internal.state").fetchone()
        if found != (ddl.FORMAT,):
            raise StoreError(f"{path} was made by another version of docmill", REBUILD)
        rows = connection.execute(
            "SELECT commit_key, document_id FROM checked.internal.commits ORDER BY commit_key"
        ).fetchall()
    except duckdb.Error as error:
        raise StoreError(f"{path}: {str(error).splitlines()[0]}", REBUILD) from error
    return dict(rows)


def _rebuild(path: Path, store: ObjectStore) -> None:
    with closing(duckdb.connect(path, config=layout.FILE_OPTIONS)) as connection:
        for statement in layout.statements():
            connection.execute(statement)
        Loader(connection, Lake(store)).load()


class _OnlyCommits:
    """An `ObjectStore` that lists only some of the commit records."""

    def __init__(
        self, store: ObjectStore, keys: Collection[str], progress: Callable[[int, int], None]
    ) -> None:
        self._store = store
        self._keys = keys
        self._progress = progress

    @property
    def uri(self) -> str:
        """See `ObjectStore.uri`."""
        return self._store.uri

    def put(self, key: str, content: bytes) -> bool:
        """See `ObjectStore.put`."""
        return self._store.put(key, content)

    def put_file(self, key: str, path: Path) -> bool:
        """See `ObjectStore.put_file`."""
        return self._store.put_file(key, path)

    def get(self, key: str) -> bytes | None:
        """See `ObjectStore.get`."""
        return self._store.get(key)

    def download(self, key: str, target: Sink, etag: str | None = None) -> None:
        """See `ObjectStore.download`."""
        self._store.download(key, target, etag)

    def find(self, key: str) -> StoredObject | None:
        """See `ObjectStore.find`."""
        return self._store.find(key)

    def list(self, prefix: str, start_after: str | None = None) -> Iterator[StoredObject]:
        """See `ObjectStore.list`."""
        listed = 0
        for found in self._store.list(prefix, start_after):
            if found.key in self._keys:
                self._progress(listed, len(self._keys))
                listed += 1
                yield found
            elif not found.key.startswith(_COMMITS):
                yield found
