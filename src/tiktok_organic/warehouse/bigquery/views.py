"""Our views of one dataset in BigQuery, created through the API: no job, no bytes billed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tiktok_organic.view_definition import View
from tiktok_organic.warehouse.bigquery.client import library
from tiktok_organic.warehouse.bigquery.error_meanings import explain
from tiktok_organic.warehouse.bigquery.faults import fault_of
from tiktok_organic.warehouse.bigquery.tables import LABELS, BigQueryTables
from tiktok_organic.warehouse.views import Definition, Found, plan

__all__ = ["BigQueryViews"]

_VERSION = "version"


class BigQueryViews:
    """The views of the dataset of `tables`.

    Labels identify our views and their version: the list of a dataset contains labels but not
    descriptions.
    """

    def __init__(self, tables: BigQueryTables) -> None:
        self.invalid: dict[str, str] = {}
        """By version, why BigQuery did not take a query: it would not take it again either."""
        self._tables = tables
        self._bigquery = library()

    def definitions(self, views: Sequence[View]) -> list[Definition]:
        """Return the views in GoogleSQL."""
        return [Definition(view, "bigquery", self._tables.target) for view in views]

    def ensure(
        self, wanted: Sequence[Definition], foreign: Collection[str] = ()
    ) -> Mapping[str, str]:
        """Create or replace views that differ. Returns the refused and failed ones by name.

        `foreign`: a user's own tables; a view that reads one is refused.
        """
        if not wanted:
            return {}
        todo = plan(wanted, self._found(wanted), foreign)
        refused = dict(todo.refused)
        for one in todo.make:
            reason = self._make(one)
            if reason:
                refused[one.view.name] = reason
        return refused

    def drop(self, views: Sequence[View]) -> None:
        """Drop those of the views that are ours."""
        ours = {
            item.table_id
            for item in (self._listed() if views else ())
            if item.table_type == "VIEW" and _is_ours(item.labels)
        }
        self._tables.drop([view.name for view in reversed(views) if view.name in ours])

    def _make(self, one: Definition) -> str:
        """Create the view, or replace it. Returns why it failed, or ""."""
        errors = library("google.api_core.exceptions")
        view = self._bigquery.Table(self._tables.reference(one.view.name))
        view.view_query = one.query
        view.description = one.view.about
        view.labels = {**LABELS, _VERSION: one.version}
        try:
            try:
                self._tables.patience.ask(self._tables.client.create_table, view)
            # `create_table` does not replace an existing view.
            except errors.Conflict:
                changed = ["view_query", "description", "labels"]
                self._tables.patience.ask(self._tables.client.update_table, view, changed)
        except errors.GoogleAPICallError as error:
            fault = fault_of(error)
            if fault.passing:
                raise
            reason = explain(fault, self._tables.dataset).message
            if isinstance(error, errors.BadRequest):
                self.invalid[one.version] = reason
            return reason
        return ""

    def _found(self, wanted: Sequence[Definition]) -> dict[str, Found]:
        """Return the objects in the dataset.

        For one of our views in the wanted version, the mark is its comment.
        """
        comments = {one.view.name: one.comment for one in wanted}
        versions = {one.view.name: one.version for one in wanted}
        found: dict[str, Found] = {}
        for item in self._listed():
            name, labels = item.table_id, item.labels or {}
            mark = None
            if _is_ours(labels):
                same = labels.get(_VERSION) == versions.get(name)
                # For another version a mark that no comment equals, so that the view is replaced.
                mark = (
                    comments.get(name) if same else f"Made by tiktok-organic, version {'0' * 16}."
                )
            found[name] = Found(item.table_type == "VIEW", mark)
        return found

    def _listed(self) -> list[Any]:
        return list(self._tables.patience.ask(self._tables.client.list_tables, self._tables.place))


def _is_ours(labels: Mapping[str, str] | None) -> bool:
    return bool(labels) and dict(labels or {}).get("written_by") == LABELS["written_by"]
