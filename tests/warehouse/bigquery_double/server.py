"""The double's HTTP server: which path means what."""

from __future__ import annotations

import json
import re
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from waiting import end

from .catalog import Catalog
from .engine import Engine, cells
from .faults import Faults, Refusal
from .jobs import Jobs
from .request import Request, multipart

__all__ = ["BigQueryDouble"]

_NAME = r"([^/]+)"


class BigQueryDouble:
    """The whole of it: `with BigQueryDouble("project") as double:` serves at `double.url`.

    `journal` holds every request as `METHOD /path`.
    """

    def __init__(
        self, project: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.project = project
        self.journal: list[str] = []
        self.gone = False
        self.faults = Faults()
        self.engine = Engine()
        self.catalog = Catalog(project, self.engine, self.faults, now)
        self.jobs = Jobs(self.catalog, self.engine, self.faults)
        self._uploads: dict[str, dict[str, Any]] = {}
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        dataset, table = rf"/datasets/{_NAME}", rf"/datasets/{_NAME}/tables/{_NAME}"
        self._routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("POST", "/datasets", lambda r: self.catalog.create_dataset(r.json())),
            ("GET", dataset, lambda r, d: self.catalog.dataset(d)),
            (
                "DELETE",
                dataset,
                lambda r, d: self.catalog.delete_dataset(d, r.option("deleteContents") == "true"),
            ),
            ("GET", f"{dataset}/tables", lambda r, d: {"tables": self.catalog.listed(d)}),
            ("POST", f"{dataset}/tables", lambda r, d: self.catalog.create_table(d, r.json())),
            ("GET", table, lambda r, d, t: self.catalog.table(d, t)),
            (
                "PATCH",
                table,
                lambda r, d, t: self.catalog.patch_table(d, t, r.json(), r.headers.get("If-Match")),
            ),
            ("DELETE", table, lambda r, d, t: self.catalog.delete_table(d, t)),
            ("GET", f"{table}/data", self._data),
            ("POST", "/jobs", lambda r: self.jobs.insert(r.json())),
            ("GET", f"/jobs/{_NAME}", lambda r, j: self.jobs.get(j, r.option("location"))),
            (
                "POST",
                f"/jobs/{_NAME}/cancel",
                lambda r, j: self.jobs.cancel(j, r.option("location")),
            ),
            (
                "GET",
                f"/queries/{_NAME}",
                lambda r, j: self.jobs.results(j, r.option("location"), r.option("timeoutMs")),
            ),
            ("UPLOAD", "/jobs", self._upload),
        ]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self.engine.close()

    def stop(self) -> None:
        """Answer no more, as a server that is gone."""
        self.gone = True
        if self._thread.is_alive():
            end(self._server)
            self._thread.join()
            self._server.server_close()

    def answer(self, request: Request) -> tuple[int, dict[str, str], Any]:
        """Status, headers and document."""
        line = f"{request.method} {request.path}"
        with self._lock:
            self.journal.append(line)
            try:
                self.faults.before(line)
                headers, document = self._route(request)
                self.faults.after(line)
            except Refusal as refusal:
                return refusal.status, {}, refusal.document()
            except Exception:  # noqa: BLE001 - a defect of the double; the test shall read of it, not wait for it
                return 400, {}, Refusal(400, "doubleDefect", traceback.format_exc()).document()
            return 200, headers, document

    def _route(self, request: Request) -> tuple[dict[str, str], Any]:
        upload = request.path.startswith("/upload/")
        method = "UPLOAD" if upload else request.method
        found = re.fullmatch(r"(?:/upload)?/bigquery/v2/projects/([^/]+)(/.*)", request.path)
        if not found:
            raise Refusal(404, "notFound", f"the double does not know {request.path}")
        if found[1] != self.project:
            raise Refusal(404, "notFound", f"Not found: Project {found[1]}")
        for wanted, pattern, action in self._routes:
            match = re.fullmatch(pattern, found[2])
            if wanted == method and match:
                answer = action(request, *map(unquote, match.groups()))
                return answer if upload else ({}, answer)
        raise Refusal(404, "notFound", f"the double does not know {request.method} {found[2]}")

    def _data(self, request: Request, dataset: str, table: str) -> Any:
        """Return rows of a table without a query; two pages or more if `maxResults` requires it."""
        self.faults.need("bigquery.tables.getData", f"Table {self.project}:{dataset}.{table}")
        selected = request.option("selectedFields")
        wanted = selected.lower().split(",") if selected else None
        names = ", ".join(
            f'"{field["name"]}"'  # in the table's order, whatever that of the request is
            for field in self.catalog.table(dataset, table)["schema"]["fields"]
            if wanted is None or field["name"].lower() in wanted
        )
        first, size = (
            int(request.option("pageToken") or 0),
            int(request.option("maxResults") or 1000),
        )
        rows = (
            f'SELECT {names} FROM "{dataset}"."{table}" ORDER BY rowid LIMIT {size + 1} '
            f"OFFSET {first}"
        )
        found = self.engine.read(rows)
        more = {"pageToken": str(first + size)} if found.num_rows > size else {}
        total = self.catalog.table(dataset, table)["numRows"]
        return {
            "rows": list(cells(found.slice(0, size))),
            "totalRows": total,
            "kind": "bigquery#tableDataList",
            **more,
        }

    def _upload(self, request: Request) -> tuple[dict[str, str], Any]:
        """Accept a load job: metadata and file in one request, or a session of several parts."""
        if request.option("uploadType") == "multipart":
            return {}, self.jobs.insert(*multipart(request))
        token = request.option("upload_id")
        if token is None:
            token = str(len(self._uploads))
            self._uploads[token] = {"resource": request.json(), "body": b""}
            return {
                "Location": f"{self.url}{request.path}?uploadType=resumable&upload_id={token}"
            }, {}
        upload = self._uploads[token]
        upload["body"] += request.body
        complete = not request.headers.get("Content-Range", "").endswith("/*")
        total = int(request.headers["Content-Range"].rpartition("/")[2]) if complete else -1
        if len(upload["body"]) != total:
            return {"Range": f"bytes=0-{len(upload['body']) - 1}", "X-Status": "308"}, {}
        return {}, self.jobs.insert(upload["resource"], upload["body"])


def _handler(double: BigQueryDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # 40 ms a request, without

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if double.gone:
                self.close_connection = True
                return
            request = Request(
                self.command, parts.path, parse_qs(parts.query), dict(self.headers.items()), body
            )
            status, headers, document = double.answer(request)
            text = b"" if document is None else json.dumps(document).encode()
            self.send_response(int(headers.pop("X-Status", status)))
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(text)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - names that http.server asks for

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's name
            return

    return Handler
