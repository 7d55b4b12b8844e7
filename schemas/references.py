"""From what a user typed (`module:Class`, `path.py:Class`, `file.json`) to a JSON Schema."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
import traceback
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any, Final, cast

from pydantic import BaseModel

from docmill.schemas.errors import SchemaError
from docmill.schemas.parsing import json_schema_of

FORMS: Final = (
    "Name a built-in schema, a Pydantic model (`module:Class`, `path.py:Class`) "
    "or a JSON Schema (`file.json`)."
)


def read_json_file(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        SchemaError: no such file, no JSON (the message says line and column), a key that stands
            twice, or no object.
    """
    try:
        content: object = json.loads(_read(path).decode("utf-8-sig"), object_pairs_hook=_no_twins)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise SchemaError(
            f"`{path}` is no valid JSON: {error.msg} at {where}", "Mend it there."
        ) from error
    except UnicodeDecodeError as error:
        raise SchemaError(f"`{path}` is not text in UTF-8", "Save it as UTF-8.") from error
    except RecursionError as error:
        raise SchemaError(f"`{path}` is nested too deep", "Write it flatter.") from error
    except _TwinKeyError as error:
        raise SchemaError(f"`{path}` has the key `{error}` twice", "Keep one of them.") from error
    if not isinstance(content, dict):
        raise SchemaError(f"`{path}` holds no JSON object", 'Write {"type": "object", …}.')
    return cast(dict[str, Any], content)


def read_model_file(path: Path, class_name: str) -> dict[str, Any]:
    """The JSON Schema of a Pydantic model in a Python file, which is run by itself.

    Raises:
        SchemaError: no such file, it raises, or the name is no Pydantic model.
    """
    source = _read(path)
    module = ModuleType(f"docmill_schema_{_digest(path, source)}")
    module.__file__ = str(path)
    with _registered(module):
        _run(source, path, module)
        return json_schema_of(_model_in(module, class_name, str(path)))


def read_model_module(module_name: str, class_name: str, base: Path) -> dict[str, Any]:
    """The JSON Schema of a Pydantic model in a module, installed or lying in the folder `base`.

    Raises:
        SchemaError: no such module, it raises, or the name is no Pydantic model.
    """
    with _importable_from(base):
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            if not f"{module_name}.".startswith(f"{error.name}."):
                raise _raised(module_name, error) from error
            raise SchemaError(f"There is no module `{module_name}`", FORMS) from error
        except (Exception, SystemExit) as error:
            raise _raised(module_name, error) from error
    return json_schema_of(_model_in(module, class_name, module_name))


def closest(name: str, known: Sequence[str]) -> str:
    """`Did you mean …? ` for the most similar known name, or nothing."""
    similar = get_close_matches(name.casefold(), known, n=1, cutoff=0.5)
    return f"Did you mean `{similar[0]}`? " if similar else ""


class _TwinKeyError(Exception):
    """A JSON object holds a key twice; its text is the key."""


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwinKeyError(key)
        found[key] = value
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SchemaError(f"Cannot read `{path}`: {error.strerror}", FORMS) from error


def _digest(path: Path, source: bytes) -> str:
    return hashlib.sha256(str(path.resolve()).encode() + b"\0" + source).hexdigest()[:16]


def _run(source: bytes, path: Path, module: ModuleType) -> None:
    try:
        code = compile(source, str(path), "exec")
    except SyntaxError as error:
        where = f"{error.msg}, line {error.lineno}"
        raise SchemaError(f"`{path}` is no valid Python: {where}", "Mend it there.") from error
    except ValueError as error:  # zero bytes, in Python before 3.11.4
        raise SchemaError(f"`{path}` is no valid Python: {error}", "Mend it there.") from error
    try:
        exec(code, module.__dict__)
    except (Exception, SystemExit) as error:
        raise _raised(str(path), error) from error


def _raised(origin: str, error: BaseException) -> SchemaError:
    """What went wrong while somebody's code ran, and in which of its lines."""
    frames = traceback.extract_tb(error.__traceback__)
    line = next((frame.lineno for frame in reversed(frames) if frame.filename == origin), None)
    where = f" in line {line}" if line else ""
    cause = f"{type(error).__name__}: {error}"
    return SchemaError(f"`{origin}` failed{where} when imported: {cause}", "Mend it first.")


def _model_in(module: ModuleType, class_name: str, origin: str) -> type[BaseModel]:
    found: object = getattr(module, class_name, None)
    if isinstance(found, type) and issubclass(found, BaseModel) and found is not BaseModel:
        return found
    names = _model_names(module)
    hint = f"{closest(class_name, names)}Models there: {', '.join(names) or 'none'}."
    if found is None:
        raise SchemaError(f"`{origin}` has no `{class_name}`", hint)
    sort = "class" if isinstance(found, type) else type(found).__name__
    raise SchemaError(
        f"`{class_name}` in `{origin}` is a {sort}, but no Pydantic model",
        f"Make it a subclass of pydantic.BaseModel. {hint}",
    )


def _model_names(module: ModuleType) -> list[str]:
    return sorted(
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, BaseModel) and value is not BaseModel
    )


@contextmanager
def _registered(module: ModuleType) -> Generator[None, None, None]:
    """Pydantic looks up forward references in the registered module."""
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        sys.modules.pop(module.__name__, None)


@contextmanager
def _importable_from(folder: Path) -> Generator[None, None, None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
