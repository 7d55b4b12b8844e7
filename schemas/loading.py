"""Finding a schema by the name, Python reference or file that a user gave, and checking it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from docmill.schemas.document_schema import DocumentSchema, FieldSpec
from docmill.schemas.errors import SchemaError
from docmill.schemas.kinds.contract import Contract
from docmill.schemas.kinds.form import Form
from docmill.schemas.kinds.invoice import Invoice
from docmill.schemas.kinds.receipt import Receipt
from docmill.schemas.parsing import (
    SchemaProblem,
    parse_json_schema,
    schema_from_json,
    schema_from_model,
)
from docmill.schemas.references import (
    FORMS,
    closest,
    read_json_file,
    read_model_file,
    read_model_module,
)


@dataclass(frozen=True)
class SchemaReport:
    """What there is to say about a schema before it is used.

    `schema` is None where `problems` keep it from being used; `warnings` are sentences about
    what will work less well than it could.
    """

    reference: str
    schema: DocumentSchema | None
    problems: tuple[SchemaProblem, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[tuple[str, FieldSpec], ...]:
        """Every field with its path, in order; empty where there is no schema."""
        return tuple(self.schema.paths()) if self.schema else ()


@cache
def builtin_schemas() -> Mapping[str, DocumentSchema]:
    """The document types that come with docmill, by name."""
    schemas = [schema_from_model(model) for model in (Invoice, Receipt, Form, Contract)]
    return MappingProxyType({schema.name: schema for schema in schemas})


def load_schema(reference: str, base: Path | None = None) -> DocumentSchema:
    """The schema that `reference` names.

    Args:
        reference: a built-in name, `module:Class`, `path.py:Class` or `file.json`. A Python
            reference runs that code.
        base: the folder that relative paths and modules are looked up in; the current one where
            None.

    Raises:
        SchemaError: it cannot be found, read or used.
    """
    if reference in builtin_schemas():
        return builtin_schemas()[reference]
    name, json_schema = _read(reference, base)
    return schema_from_json(json_schema, name)


def load_schemas(reference: str) -> tuple[DocumentSchema, ...]:
    """The schemas to choose from: all built-in ones for `auto`, else the one named.

    Raises:
        SchemaError: it cannot be found, read or used.
    """
    if reference == "auto":
        return tuple(builtin_schemas().values())
    return (load_schema(reference),)


def check_schema(reference: str, base: Path | None = None) -> SchemaReport:
    """Everything that is wrong or weak about a schema; arguments as for `load_schema`."""
    try:
        name, json_schema = _read(reference, base)
    except SchemaError as error:
        problem = SchemaProblem(path="", message=error.message, hint=error.hint)
        return SchemaReport(reference=reference, schema=None, problems=(problem,))
    parsed = parse_json_schema(json_schema, name)
    found = _weaknesses(parsed.schema) if parsed.schema else ()
    return SchemaReport(reference, parsed.schema, parsed.problems, (*parsed.warnings, *found))


def _read(reference: str, base: Path | None) -> tuple[str, dict[str, Any]]:
    """Name and JSON Schema."""
    folder = base or Path.cwd()
    if reference in builtin_schemas():
        return reference, builtin_schemas()[reference].json_schema
    if reference.endswith(".json"):
        path = folder / Path(reference).expanduser()
        return path.stem, read_json_file(path)
    origin, _, class_name = reference.rpartition(":")
    if origin.endswith(".py"):
        return class_name, read_model_file(folder / Path(origin).expanduser(), class_name)
    if origin:
        return class_name, read_model_module(origin, class_name, folder)
    raise _unknown(reference)


def _unknown(reference: str) -> SchemaError:
    if reference.endswith(".py"):
        return SchemaError(
            f"`{reference}` names a file, but no class in it", f"Write `{reference}:Class`."
        )
    names = sorted(builtin_schemas())
    return SchemaError(
        f"There is no schema `{reference}`",
        f"{closest(reference, names)}Built in: {', '.join(names)}. {FORMS}",
    )


def _weaknesses(schema: DocumentSchema) -> Iterator[str]:
    builtin = builtin_schemas().get(schema.name)
    if builtin and builtin.hash != schema.hash:
        yield f"it has the name of the built-in `{schema.name}`: both would share one view"
    if not any(part.required for part in (*schema.fields, *schema.lists)):
        yield "no field is required: a document on which nothing is found passes without review"
    yield from _shared_labels("", schema.fields)
    for rows in schema.lists:
        yield from _shared_labels(f"{rows.name}[].", rows.fields)


def _shared_labels(prefix: str, fields: tuple[FieldSpec, ...]) -> Iterator[str]:
    """Labels that leave open which of two fields a value belongs to."""
    owners: dict[str, str] = {}
    for field in fields:
        for label in field.labels:
            owner = owners.setdefault(label.casefold(), field.name)
            if owner != field.name:
                pair = f"`{prefix}{owner}` and `{prefix}{field.name}`"
                yield f"{pair} share the label `{label}`: which one is meant cannot be told"
