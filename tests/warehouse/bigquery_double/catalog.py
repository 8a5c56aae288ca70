"""The double's datasets and tables: their resources in the API, their rows in the engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from .engine import TYPES, Engine, kind
from .faults import Faults, Refusal

__all__ = ["Catalog"]

Resource = dict[str, Any]


class Catalog:
    """All datasets of one project."""

    def __init__(
        self, project: str, engine: Engine, faults: Faults, now: Callable[[], datetime]
    ) -> None:
        self.project = project
        self.datasets: dict[str, Resource] = {}
        self.tables: dict[tuple[str, str], Resource] = {}
        self.made: dict[tuple[str, str], Resource] = {}
        """Every table there ever was."""
        self._engine = engine
        self._faults = faults
        self._now = now
        self._etags = count(1)
        engine.altered = self._alter
        engine.defined = self._defined

    # datasets

    def dataset(self, name: str) -> Resource:
        self._faults.need("bigquery.datasets.get", f"Dataset {self.project}:{name}")
        if name not in self.datasets:
            raise Refusal(404, "notFound", f"Not found: Dataset {self.project}:{name}")
        return self.datasets[name]

    def create_dataset(self, resource: Resource) -> Resource:
        self._faults.need("bigquery.datasets.create", f"Project {self.project}")
        name = resource["datasetReference"]["datasetId"]
        if name in self.datasets:
            raise Refusal(409, "duplicate", f"Already Exists: Dataset {self.project}:{name}")
        resource.setdefault("location", "US")
        self.datasets[name] = self._stamped(
            {"id": f"{self.project}:{name}", "kind": "bigquery#dataset", **resource}
        )
        self._engine.do(f'CREATE SCHEMA "{name}"')
        return self.datasets[name]

    def delete_dataset(self, name: str, contents: bool) -> None:
        self.dataset(name)
        for dataset, table in [key for key in self.tables if contents and key[0] == name]:
            self.delete_table(dataset, table)
        if any(dataset == name for dataset, _ in self.tables):
            raise Refusal(400, "resourceInUse", f"Dataset {self.project}:{name} is still in use")
        del self.datasets[name]
        self._engine.do(f'DROP SCHEMA "{name}"')

    # tables

    def table(self, dataset: str, name: str) -> Resource:
        self._faults.need("bigquery.tables.get", f"Table {self.project}:{dataset}.{name}")
        self._expire()
        if (dataset, name) not in self.tables:
            raise Refusal(404, "notFound", f"Not found: Table {self.project}:{dataset}.{name}")
        rows = self._engine.do(f'SELECT count(*) FROM "{dataset}"."{name}"')[0][0]
        return {
            "location": self.datasets[dataset]["location"],
            **self.tables[dataset, name],
            "numRows": str(rows),
        }

    def listed(self, dataset: str) -> list[Resource]:
        self.dataset(dataset)
        self._expire()
        return [
            {
                key: resource[key]
                for key in ("id", "kind", "tableReference", "type", "labels")
                if key in resource
            }
            for (owner, _), resource in self.tables.items()
            if owner == dataset
        ]

    def create_table(self, dataset: str, resource: Resource) -> Resource:
        owner = self.dataset(dataset)
        self._faults.need("bigquery.tables.create", f"Dataset {self.project}:{dataset}")
        self._expire()
        name = resource["tableReference"]["tableId"]
        if (dataset, name) in self.tables:
            raise Refusal(
                409, "duplicate", f"Already Exists: Table {self.project}:{dataset}.{name}"
            )
        if "view" in resource:
            return self._create_view(dataset, name, resource)
        self._check_layout(resource)
        if "defaultTableExpirationMs" in owner and "expirationTime" not in resource:
            resource["expirationTime"] = str(
                self._millis() + int(owner["defaultTableExpirationMs"])
            )
        if "defaultPartitionExpirationMs" in owner and "timePartitioning" in resource:
            resource["timePartitioning"]["expirationMs"] = owner["defaultPartitionExpirationMs"]
        columns = ", ".join(self._column(field) for field in resource["schema"]["fields"])
        self._engine.do(f'CREATE TABLE "{dataset}"."{name}" ({columns})')
        self.made[dataset, name] = resource
        self.tables[dataset, name] = {**self._new(dataset, name), "type": "TABLE", **resource}
        return self.tables[dataset, name]

    def _create_view(self, dataset: str, name: str, resource: Resource) -> Resource:
        self._engine.define_view(dataset, name, resource["view"]["query"])
        self._defined(dataset, name)
        self.tables[dataset, name].update(resource)
        return self.tables[dataset, name]

    def patch_table(self, dataset: str, name: str, changes: Resource, etag: str | None) -> Resource:
        stored = self.table(dataset, name)
        self._faults.need("bigquery.tables.update", f"Table {self.project}:{dataset}.{name}")
        if etag is not None and etag != stored["etag"]:
            raise Refusal(412, "conditionNotMet", "Precondition Failed")
        if "view" in changes:
            self._engine.define_view(dataset, name, changes["view"]["query"])
        elif "schema" in changes:
            self._evolve(dataset, name, stored["schema"]["fields"], changes["schema"]["fields"])
        self.tables[dataset, name].update(changes, etag=self._etag())
        return self.table(dataset, name)

    def delete_table(self, dataset: str, name: str) -> None:
        stored = self.table(dataset, name)
        self._faults.need("bigquery.tables.delete", f"Table {self.project}:{dataset}.{name}")
        self._engine.do(f'DROP {stored["type"]} "{dataset}"."{name}"')
        del self.tables[dataset, name]

    def _evolve(
        self, dataset: str, name: str, stored: list[Resource], wanted: list[Resource]
    ) -> None:
        """Columns can be added at the end, as NULLABLE.

        Nothing else about them changes but their descriptions.
        """
        where = f"Provided Schema does not match Table {self.project}:{dataset}.{name}."
        for before, after in zip(stored, wanted, strict=False):
            same = before["name"] == after["name"] and kind(before["type"]) == kind(after["type"])
            if not same or before.get("mode", "NULLABLE") != after.get("mode", "NULLABLE"):
                raise Refusal(
                    400, "invalid", f"{where} Field {before['name']} has changed type or mode"
                )
        if len(wanted) < len(stored):
            raise Refusal(
                400,
                "invalid",
                f"{where} Field {stored[len(wanted)]['name']} is missing in new schema",
            )
        for field in wanted[len(stored) :]:
            if field.get("mode", "NULLABLE") == "REQUIRED":
                raise Refusal(
                    400, "invalid", f"{where} Cannot add required fields to an existing schema."
                )
            self._engine.do(f'ALTER TABLE "{dataset}"."{name}" ADD COLUMN {self._column(field)}')

    def _check_layout(self, resource: Resource) -> None:
        names = {field["name"]: kind(field["type"]) for field in resource["schema"]["fields"]}
        partition = resource.get("timePartitioning")
        if partition and names.get(partition["field"]) not in ("DATE", "TIMESTAMP"):
            raise Refusal(
                400,
                "invalid",
                f"The field specified for partitioning can only be DATE or TIMESTAMP: {partition}",
            )
        for field in resource.get("clustering", {}).get("fields", ()):
            if field not in names:
                raise Refusal(
                    400,
                    "invalid",
                    f"The field specified for clustering cannot be found in the schema: {field}",
                )

    def _alter(self, dataset: str, table: str, options: str) -> None:
        """ALTER TABLE .. SET OPTIONS, as far as it takes expirations away."""
        stored = self.tables[dataset, table]
        taken = {
            name.strip().lower()
            for name, _, value in (o.partition("=") for o in options.split(","))
            if value.strip() == "NULL"
        }
        if "expiration_timestamp" in taken:
            stored.pop("expirationTime", None)
        if "partition_expiration_days" in taken:
            stored["timePartitioning"].pop("expirationMs", None)

    def _defined(self, dataset: str, table: str) -> None:
        """Update the resource after DDL from the engine."""
        found = self._engine.do(
            "SELECT column_name, data_type, is_nullable, table_type FROM "
            "information_schema.columns "
            "JOIN information_schema.tables USING (table_catalog, table_schema, table_name) "
            "WHERE table_catalog = current_database() AND table_schema = ? AND table_name = ? "
            "ORDER BY ordinal_position",
            [dataset, table],
        )
        if not found:
            self.tables.pop((dataset, table), None)
            return
        stored = self.tables.setdefault((dataset, table), self._new(dataset, table))
        before = {field["name"]: field for field in stored.get("schema", {}).get("fields", ())}
        stored["type"] = "VIEW" if found[0][3] == "VIEW" else "TABLE"
        stored["schema"] = {
            "fields": [
                _field(before.get(name, {}), name, type_, null) for name, type_, null, _ in found
            ]
        }
        stored["etag"] = self._etag()

    def _new(self, dataset: str, table: str) -> Resource:
        reference = {"projectId": self.project, "datasetId": dataset, "tableId": table}
        known = {
            "id": f"{self.project}:{dataset}.{table}",
            "kind": "bigquery#table",
            "tableReference": reference,
        }
        return self._stamped(known)

    @staticmethod
    def _column(field: Resource) -> str:
        array = "[]" if field.get("mode") == "REPEATED" else ""
        required = " NOT NULL" if field.get("mode") == "REQUIRED" else ""
        return f'"{field["name"]}" {TYPES[kind(field["type"])]}{array}{required}'

    def _expire(self) -> None:
        now = self._millis()
        for (dataset, name), resource in list(self.tables.items()):
            if "expirationTime" in resource and int(resource["expirationTime"]) <= now:
                self._engine.do(f'DROP TABLE "{dataset}"."{name}"')
                del self.tables[dataset, name]

    def _stamped(self, resource: Resource) -> Resource:
        # The creation time always differs, as in the cloud, even if a test's clock does not move.
        number = next(self._etags)
        return {**resource, "creationTime": str(self._millis() + number), "etag": f"etag-{number}"}

    def _etag(self) -> str:
        return f"etag-{next(self._etags)}"

    def _millis(self) -> int:
        return int((self._now() - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)


def _field(before: Resource, name: str, type_: str, nullable: str) -> Resource:
    """A column as the API shows it; what was known of it (its description) stays."""
    api = {sql: name for name, sql in TYPES.items()} | {"TIMESTAMP WITH TIME ZONE": "TIMESTAMP"}
    repeated = type_.endswith("[]")
    mode = "REPEATED" if repeated else "NULLABLE" if nullable == "YES" else "REQUIRED"
    return {**before, "name": name, "type": api.get(type_.removesuffix("[]"), type_), "mode": mode}
