"""The double's jobs: queries and loads, each with an id that is used once."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from .catalog import Catalog, Resource
from .engine import Engine, Outcome, cells, kind, schema_of
from .faults import Faults, Refusal

__all__ = ["Jobs"]

_ARROW = {
    "STRING": pa.string(),
    "INTEGER": pa.int64(),
    "FLOAT": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
}


_RESULTS = "bigquery#getQueryResultsResponse"


@dataclass
class _Job:
    resource: Resource
    outcome: Outcome = field(default_factory=Outcome)
    polls: int = 0


class Jobs:
    """All jobs of the project. `polls`: how often a job is seen RUNNING before it is DONE.

    `statements`: the text of every query, dry runs included.
    """

    def __init__(self, catalog: Catalog, engine: Engine, faults: Faults) -> None:
        self.polls = 0
        self.statements: list[str] = []
        self.all: dict[str, _Job] = {}
        self.cancelled: list[str] = []
        self._catalog = catalog
        self._engine = engine
        self._faults = faults

    def insert(self, resource: Resource, body: bytes | None = None) -> Resource:
        """Start a job: what it does is done at once, though it may say so later."""
        project = self._catalog.project
        self._faults.need("bigquery.jobs.create", f"Project {project}")
        reference = {
            "jobId": f"job_{uuid4().hex}",
            "location": "US",
            **resource.get("jobReference", {}),
        }
        if reference["jobId"] in self.all:
            raise Refusal(
                409,
                "duplicate",
                f"Already Exists: Job {project}:{reference['location']}.{reference['jobId']}",
            )
        job = _Job(
            {**resource, "jobReference": reference, "kind": "bigquery#job", "statistics": {}},
            polls=self.polls,
        )
        dry = resource["configuration"].get("dryRun", False)
        try:
            self._faults.job(reference["jobId"])
            if "query" in resource["configuration"]:
                self._query(job, dry=dry)
            else:
                self._load(job, body or b"")
        except Refusal as refusal:
            if dry:
                raise
            job.resource["failed"] = refusal.result()
        if not dry:
            self.all[reference["jobId"]] = job
        return self._shown(job)

    def get(self, job_id: str, location: str | None) -> Resource:
        job = self._job(job_id, location)
        job.polls = max(0, job.polls - 1)
        return self._shown(job)

    def results(self, job_id: str, location: str | None, timeout: str | None) -> Resource:
        """Answer getQueryResults: a job with one poll left ends in time, others do not."""
        job = self._job(job_id, location)
        if job.polls > 1 and timeout is not None:
            job.polls -= 1
            reference = job.resource["jobReference"]
            return {"jobReference": reference, "jobComplete": False, "kind": _RESULTS}
        job.polls = 0
        if "failed" in job.resource:
            failed = job.resource["failed"]
            raise Refusal(400, failed["reason"], failed["message"])
        answer = {
            "jobReference": job.resource["jobReference"],
            "jobComplete": True,
            "kind": _RESULTS,
        }
        table = job.outcome.result
        if table is None:
            return {**answer, "totalRows": "0", "schema": {"fields": []}}
        return {
            **answer,
            "schema": {"fields": schema_of(table)},
            "rows": list(cells(table)),
            "totalRows": str(table.num_rows),
        }

    def cancel(self, job_id: str, location: str | None) -> Resource:
        """The job ends, by an error unless it had ended before."""
        job = self._job(job_id, location)
        if job.polls:
            job.polls = 0
            job.resource["failed"] = {"reason": "stopped", "message": "Job was cancelled."}
            self.cancelled.append(job_id)
        return {"job": self._shown(job), "kind": "bigquery#jobCancelResponse"}

    def _job(self, job_id: str, location: str | None) -> _Job:
        job = self.all.get(job_id)
        if (
            job is None
            or (location or "US").lower() != job.resource["jobReference"]["location"].lower()
        ):
            raise Refusal(
                404, "notFound", f"Not found: Job {self._catalog.project}:{location}.{job_id}"
            )
        return job

    def _shown(self, job: _Job) -> Resource:
        shown = {key: value for key, value in job.resource.items() if key != "failed"}
        shown["status"] = {"state": "RUNNING" if job.polls else "DONE"}
        if not job.polls and "failed" in job.resource:
            shown["status"]["errorResult"] = job.resource["failed"]
        return shown

    # queries

    def _query(self, job: _Job, *, dry: bool) -> None:
        query = job.resource["configuration"]["query"]
        location = job.resource["jobReference"]["location"]
        assert query.get("useLegacySql") is not True
        self.statements.append(query["query"])
        if dry:
            return self._dry(query["query"], location)
        outcome = self._engine.run(
            query["query"], _parameters(query), lambda table: self._resolve(table, location)
        )
        job.outcome = outcome
        kind_ = "SELECT" if outcome.result is not None else "SCRIPT"
        job.resource["statistics"] = {
            "query": {"totalBytesBilled": str(outcome.billed), "statementType": kind_},
            "totalBytesProcessed": str(outcome.billed),
        }
        return None

    def _dry(self, text: str, location: str) -> None:
        """Check what can be checked without doing it."""
        for statement in self._engine.statements(text):
            if isinstance(statement.parsed, exp.Create):
                schema = statement.parsed.args["kind"] == "SCHEMA"
                self._faults.need(
                    f"bigquery.{'datasets' if schema else 'tables'}.create",
                    f"Project {self._catalog.project}",
                )
            else:
                for table in statement.tables:
                    self._resolve(table, location)

    def _resolve(self, table: exp.Table, location: str) -> None:
        """404 for a table that does not exist, or not in the job's location."""
        project = self._catalog.project
        if not table.db:
            return
        if table.catalog and table.catalog != project:
            raise Refusal(404, "notFound", f"Not found: Project {table.catalog}")
        dataset = self._catalog.datasets.get(table.db)
        if dataset is None or dataset["location"].lower() != location.lower():
            raise Refusal(
                404,
                "notFound",
                f"Not found: Dataset {project}:{table.db} was not found in location {location}",
            )
        self._catalog.table(table.db, table.name)
        self._need_filter(table)

    def _need_filter(self, table: exp.Table) -> None:
        """Refuse a statement that reads a table without the filter that its owner requires."""
        resource = self._catalog.tables[table.db, table.name]
        if not resource.get("requirePartitionFilter"):
            return
        column = resource["timePartitioning"]["field"]
        around = table.find_ancestor(exp.Select, exp.Merge, exp.Delete, exp.Update)
        assert around is not None
        for clause in (around.args.get("where"), around.args.get("on")):
            compared = clause.find_all(exp.GT, exp.GTE, exp.EQ, exp.Between) if clause else ()
            for one in compared:
                left = one.this
                mine = isinstance(left, exp.Column) and left.name == column
                constant = not isinstance(one.args.get("expression"), exp.Column)
                if mine and left.table in ("", table.alias) and constant:
                    return
        raise Refusal(
            400,
            "invalidQuery",
            f"Cannot query over table '{table.db}.{table.name}' without a filter over column(s) "
            f"'{column}' that can be used for partition elimination",
        )

    # loads

    def _load(self, job: _Job, body: bytes) -> None:
        load = job.resource["configuration"]["load"]
        where = load["destinationTable"]
        dataset, name = where["datasetId"], where["tableId"]
        self._faults.need(
            "bigquery.tables.updateData", f"Table {self._catalog.project}:{dataset}.{name}"
        )
        if (
            self._catalog.dataset(dataset)["location"].lower()
            != job.resource["jobReference"]["location"].lower()
        ):
            raise Refusal(404, "notFound", f"Not found: Dataset {self._catalog.project}:{dataset}")
        table = self._catalog.table(dataset, name)  # CREATE_NEVER is all that is known here
        if load["createDisposition"] != "CREATE_NEVER" or load["writeDisposition"] != "WRITE_EMPTY":
            raise Refusal(400, "invalid", "the double only loads into empty tables that exist")
        if load["sourceFormat"] != "PARQUET" or int(table["numRows"]):
            raise Refusal(
                400, "duplicate", f"Already Exists: Table {self._catalog.project}:{dataset}.{name}"
            )
        self._fill(dataset, name, table["schema"]["fields"], body)
        job.resource["statistics"] = {
            "load": {"outputRows": self._catalog.table(dataset, name)["numRows"]}
        }

    def _fill(self, dataset: str, name: str, fields: list[Resource], body: bytes) -> None:
        try:
            rows = pq.read_table(io.BytesIO(body))
        except pa.ArrowException as error:
            raise Refusal(
                400, "invalid", f"Error while reading data, error message: {error}"
            ) from error
        expected = {field["name"]: _ARROW[kind(field["type"])] for field in fields}
        for column in rows.schema:
            if expected.get(column.name) != column.type:
                raise Refusal(
                    400,
                    "invalid",
                    f"Parquet column '{column.name}' has type {column.type} which does not match",
                )
        try:
            self._engine.connection.register("uploaded", rows)
            self._engine.do(f'INSERT INTO "{dataset}"."{name}" BY NAME SELECT * FROM uploaded')
        except duckdb.Error as error:
            raise Refusal(400, "invalid", str(error)) from error
        finally:
            self._engine.connection.unregister("uploaded")


def _parameters(query: Resource) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {}
    for parameter in query.get("queryParameters", ()):
        kind_, value = parameter["parameterType"], parameter["parameterValue"]
        if kind_ == {"type": "STRING"}:
            found[parameter["name"]] = value["value"]
            continue
        assert kind_ == {"type": "ARRAY", "arrayType": {"type": "STRING"}}
        found[parameter["name"]] = [one["value"] for one in value["arrayValues"]]
    return found
