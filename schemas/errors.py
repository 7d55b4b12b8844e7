"""Every error docmill raises.

    DocmillError
    ├── UsageError             the command or a setting is wrong
    │   └── SchemaError        a schema cannot be used as it is
    ├── InputError             the document is at fault; no retry mends it
    │   ├── EmptyFile
    │   ├── UnsupportedType
    │   ├── UnreadableFile
    │   ├── EncryptedFile
    │   ├── TooLarge           bytes, pixels or pages over a limit
    │   ├── NoText             print that no engine found any text in
    │   ├── UntrustedText      a text layer that is not what the page shows
    │   └── UnsupportedScript  letters that the OCR engine does not know
    ├── UnknownKind            no built-in schema fits
    ├── EngineError            an engine failed
    │   ├── EngineUnavailable  (retryable)
    │   └── BadOutput
    ├── CageError              work in a worker process was cut off
    │   ├── WorkerDied
    │   ├── WorkerTimeout
    │   └── MemoryExceeded
    ├── StoreError             lake or warehouse (retryable)
    │   ├── StoreRefused       wrong keys, no rights, no such bucket (not retryable)
    │   ├── WorkspaceBusy      another process owns the warehouse
    │   ├── RebuildNeeded      the warehouse is damaged or of another version
    │   ├── SourceGone         a source vanished between listing and reading
    │   └── SourceEmpty        a source holds nothing any more
    ├── WorkerLeaving          this process is to end, work is left for others (retryable)
    ├── SchedulerUnavailable   the Prefect server does not answer (retryable)
    └── InternalError          a defect in docmill

Every error says what happened (`message`) and what to do next (`hint`). `retryable` tells
whether the same work may succeed later without anybody changing anything.
"""

from __future__ import annotations

from typing import ClassVar


class DocmillError(Exception):
    """The root of the tree.

    Args:
        message: what happened, for people.
        hint: what to do next; the class's own hint where none is given.
    """

    retryable: ClassVar[bool] = False
    default_hint: ClassVar[str] = ""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = self.default_hint if hint is None else hint

    def __str__(self) -> str:
        """The message alone."""
        return self.message


class UsageError(DocmillError):
    """The command or a setting is wrong."""

    default_hint = "See `docmill --help`."


class SchemaError(UsageError):
    """A schema cannot be used as it is."""

    default_hint = "Check it with `docmill schemas check FILE`."


class InputError(DocmillError):
    """The document is at fault; no retry mends it."""


class EmptyFile(InputError):
    """The file has no bytes."""

    default_hint = "The upload probably broke off: fetch or scan the document again."


class UnsupportedType(InputError):
    """The bytes are of no type that docmill opens."""

    default_hint = "Convert it to PDF, or to PNG, JPEG, TIFF, WebP, HEIC or BMP."


class UnreadableFile(InputError):
    """The file is damaged beyond what can be repaired while opening."""

    default_hint = "Fetch the file again, or repair it, for example with `qpdf in.pdf out.pdf`."


class EncryptedFile(InputError):
    """The file wants a password."""

    default_hint = "Remove it first: `qpdf --decrypt --password=… in.pdf out.pdf`."


class TooLarge(InputError):
    """The file is over a limit on bytes, pixels or pages."""


class NoText(InputError):
    """A page that is not blank, on which no text was found."""

    default_hint = (
        "If there is print on it, scan it again at 200 dpi or more, or let another engine read it "
        "with `--ocr`; a picture without print is nothing to worry about."
    )


class UntrustedText(InputError):
    """The text layer is not what the page shows, and the chosen engine reads nothing else."""

    default_hint = "Choose an OCR engine that reads pictures with `--ocr`."


class UnsupportedScript(InputError):
    """A page is printed in letters that the OCR engine does not know."""

    default_hint = (
        "Install Tesseract with the language (apt-get install tesseract-ocr tesseract-ocr-rus) "
        "and run again, or choose another engine with `--ocr`."
    )


class UnknownKind(DocmillError):
    """No built-in schema fits the document."""

    default_hint = "Name one with `--schema NAME`, or give your own with `--schema FILE.json`."


class EngineError(DocmillError):
    """An engine failed."""


class EngineUnavailable(EngineError):
    """The server behind an engine does not answer."""

    retryable = True


class BadOutput(EngineError):
    """An engine answered something that cannot be used."""

    default_hint = "Try another engine with `--ocr`, or print the page to a new PDF."


class PictureTooLarge(EngineError):
    """A page's picture has more tokens than the model server takes."""

    default_hint = "Start the server with a longer context, or lower the page's resolution."


class CageError(DocmillError):
    """Work in a worker process was cut off."""


class WorkerDied(CageError):
    """The worker process was killed or crashed."""

    default_hint = "The file crashes its reader. Print it to a new PDF, or leave it out."


class WorkerTimeout(CageError):
    """The work took longer than its limit."""

    default_hint = "Raise `limits.page_seconds` in docmill.toml if the document is worth the wait."


class MemoryExceeded(CageError):
    """The work wanted more memory than its limit."""

    default_hint = "Raise `limits.worker_memory_mb` in docmill.toml, or scan at fewer dpi."


class StoreError(DocmillError):
    """The lake or the warehouse could not be read or written."""

    retryable = True
    default_hint = "Check disk space and rights of the workspace, then run the command again."


class StoreRefused(StoreError):
    """The store will not do it until somebody changes something: keys, rights, a name."""

    retryable = False
    default_hint = "Check it with `docmill doctor`."


class WorkspaceBusy(StoreError):
    """Another process owns the warehouse."""

    default_hint = "Wait for it or stop it. Reading works all the while: open `published.duckdb`."


class RebuildNeeded(StoreError):
    """The warehouse cannot be used as it is; the lake holds all it is made of."""

    retryable = False
    default_hint = "Build it anew from the lake with `docmill warehouse rebuild`."


class SourceGone(StoreError):
    """A source vanished between listing and reading."""

    default_hint = "If it was moved, name its new place; if it was deleted, nothing is to be done."


class WorkerLeaving(DocmillError):
    """This process was told to end and takes no new work; what it has not begun is for others."""

    retryable = True
    default_hint = "Nothing is lost: another worker, or a later run, goes on from here."


class SchedulerUnavailable(DocmillError):
    """The Prefect server does not answer, or refuses."""

    retryable = True
    default_hint = "Look at the server's log; `prefect version` shows which server is used."


class SourceEmpty(StoreError):
    """A source that held documents lists none; an unmounted share looks exactly like that."""

    default_hint = (
        "See whether the share is mounted and the prefix right. If the source was emptied on "
        "purpose, set `may_be_empty = true` for it in docmill.toml."
    )


class InternalError(DocmillError):
    """A defect in docmill."""

    default_hint = "Please report it with the message above and, if you may, the document."
