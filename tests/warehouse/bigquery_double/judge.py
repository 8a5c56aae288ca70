"""Google's own analyzer of SQL, the zetasql package, as the judge of statements."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from .engine import kind

wasmtime = pytest.importorskip(
    "wasmtime", reason="zetasql, Google's analyzer of SQL, is not installed"
)


def _compile_once() -> None:
    """Let wasmtime keep what it compiled: 15 seconds and 1 GB the first time, a second after that.

    The package makes its `Config` itself, with no way in; it takes the class from wasmtime when it
    is imported.
    """
    folder = Path(tempfile.gettempdir()) / "tiktok-organic-tests-wasmtime"
    folder.mkdir(exist_ok=True)
    settings = folder / "cache.toml"
    settings.write_text(f'[cache]\ndirectory = "{(folder / "modules").as_posix()}"\n')

    class Kept(wasmtime.Config):  # type: ignore[misc,name-defined]  # it may be missing
        def __init__(self) -> None:
            super().__init__()
            self.cache = str(settings)

    wasmtime.Config = Kept


_compile_once()
zetasql = pytest.importorskip(
    "zetasql.api", reason="zetasql, Google's analyzer of SQL, is not installed"
)
types = pytest.importorskip("zetasql.types")
local_service = pytest.importorskip("zetasql.core.local_service")

__all__ = ["Judge"]

_NODE = "node"
"""In the messages of the analyzer: the field that says which kind of node it is."""
_KINDS = {
    "STRING": types.TypeKind.TYPE_STRING,
    "INTEGER": types.TypeKind.TYPE_INT64,
    "FLOAT": types.TypeKind.TYPE_DOUBLE,
    "BOOLEAN": types.TypeKind.TYPE_BOOL,
    "DATE": types.TypeKind.TYPE_DATE,
    "TIMESTAMP": types.TypeKind.TYPE_TIMESTAMP,
    "DATETIME": types.TypeKind.TYPE_DATETIME,
}


class Judge:
    """Checks statements about the `tables` of a project: (dataset, table) to API resource."""

    def __init__(
        self, project: str, tables: Mapping[tuple[str, str], Any], parameters: Iterable[str] = ()
    ) -> None:
        language = types.LanguageOptions.maximum_features()
        functions = types.ZetaSQLBuiltinFunctionOptions(language_options=language)
        catalog = zetasql.CatalogBuilder("root").with_builtin_functions(functions).build()
        datasets: dict[str, list[Any]] = {}
        for (dataset, name), resource in tables.items():
            datasets.setdefault(dataset, []).append(_table(name, resource))
        inner = [types.SimpleCatalog(name=name, table=found) for name, found in datasets.items()]
        catalog.catalog.append(types.SimpleCatalog(name=project, catalog=inner))
        texts = types.Type(
            type_kind=types.TypeKind.TYPE_ARRAY,
            array_type=types.ArrayType(
                element_type=types.Type(type_kind=types.TypeKind.TYPE_STRING)
            ),
        )
        text = types.Type(type_kind=types.TypeKind.TYPE_STRING)
        asked = [
            types.AnalyzerOptions.QueryParameter(
                name=name, type=texts if name.startswith("forgotten_") else text
            )
            for name in parameters
        ]
        options = types.AnalyzerOptions(language_options=language, query_parameters=asked)
        self._service = local_service.ZetaSqlLocalService.get_instance()
        # Registered once: to send and build it with each statement takes longer than the analysis.
        registered = self._service.register_catalog(simple_catalog=catalog)
        self._request = types.AnalyzeRequest(
            options=options, registered_catalog_id=registered.registered_id
        ).to_proto()

    def accept(self, statement: str) -> str:
        """The kind of statement it is. Raises the analyzer's own error for a wrong one."""
        self._request.sql_statement = statement
        answer = self._service.wasm_client.call_grpc_func(
            "ZetaSqlLocalService_Analyze",
            self._request,
            local_service.local_service_pb2.AnalyzeResponse,
        )
        found = answer.resolved_statement
        while nested := _NODE in found.DESCRIPTOR.oneofs_by_name and found.WhichOneof(_NODE):
            found = getattr(found, nested)
        return str(found.DESCRIPTOR.name).removesuffix("Proto")


def _table(name: str, resource: Any) -> Any:
    table = zetasql.TableBuilder(name)
    for field in resource["schema"]["fields"]:
        table = table.add_column(field["name"], _KINDS[kind(field["type"])])
    return table.build()
