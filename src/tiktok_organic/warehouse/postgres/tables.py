"""The tables of one dataset (a schema) in PostgreSQL: find, create and complete them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.postgres.session import Session
from tiktok_organic.warehouse.sql_dialect import POSTGRES
from tiktok_organic.warehouse.stored_table import StoredTable

__all__ = ["PostgreSQLTables"]


class PostgreSQLTables:
    """The dataset, through `session`."""

    def __init__(self, session: Session, dataset: str) -> None:
        self._session = session
        self._dataset = dataset

    def target(self, table: Table) -> str:
        """Return the quoted name of a table with its schema.

        The search_path then does not matter.
        """
        return POSTGRES.name(self._dataset, table.name)

    def exists(self) -> bool:
        """Whether the dataset exists."""
        return bool(
            self._session.ask(
                "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", [self._dataset]
            )
        )

    def lock(self) -> None:
        """Wait until no other load of ours works on this dataset.

        The lock lasts until the transaction ends. Two first loads would conflict in CREATE, and two
        loads in the order of their rows.
        """
        self._session.ask(
            "SELECT "
            # All programs of a database share the numbers of advisory locks, so there is a prefix.
            "pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('tiktok-organic ' || "
            "$1, 0))::text",
            [self._dataset],
        )

    def stored(self) -> dict[str, StoredTable]:
        """Return the dataset's tables and views, by name."""
        stored: dict[str, StoredTable] = {}
        for name, kind, owned, about, column, type_, column_about in self._session.ask(
            _COLUMNS, [self._dataset]
        ):
            label, is_view = f"{self._dataset}.{name}", kind not in _WRITABLE
            table = stored.setdefault(
                name, StoredTable(label, is_view=is_view, owned=owned, about=about)
            )
            if column is not None:
                table.types[column] = type_
                table.abouts[column] = column_about
        return stored

    def has(self, table: Table, columns: Sequence[str]) -> bool:
        """Whether the table has these columns, without reading the catalog of the whole dataset."""
        found = self._session.ask(_PRESENT, [self.target(table), list(columns)])
        return int(found[0][0]) == len(set(columns))

    def foreign(self, tables: Iterable[Table]) -> Mapping[str, str]:
        """Return by name why a table or view is a user's own and must not be changed."""
        named = [table for table in tables if table.recognised_by]
        stored = self.stored() if named else {}
        reasons = {
            table.name: stored[table.name].foreign(POSTGRES, table)
            for table in named
            if table.name in stored
        }
        return {name: reason for name, reason in reasons.items() if reason is not None}

    def ensure(self, tables: Iterable[Table]) -> None:
        """Create what is missing: the schema, tables, columns, descriptions, the primary key.

        Raises DestinationRefused for a view with a table's name and for a column of another type.
        """
        if not self.exists():
            self._session.do(f"CREATE SCHEMA IF NOT EXISTS {POSTGRES.name(self._dataset)}")
        stored = self.stored()
        keys = self._keys()
        for table in tables:
            found = stored.get(table.name)
            if found is None:
                self._session.do(sql.create_table(POSTGRES, self.target(table), table))
                found = StoredTable.fresh(f"{self._dataset}.{table.name}", table, POSTGRES)
            for statement in found.alterations(POSTGRES, self.target(table), table):
                self._session.do(statement)
            statement = self._key_statement(table, keys.get(table.name, []), owned=found.owned)
            if statement:
                self._session.do(statement)

    def drop(self, tables: Iterable[Table]) -> None:
        """Drop the tables, and the schema if it is empty then (`public` remains)."""
        stored = self.stored()
        for table in tables:
            found = stored.get(table.name)
            if found is not None and not found.foreign(POSTGRES, table):
                found.refuse_view()
                self._session.do(f"DROP TABLE {self.target(table)}")
        if (
            self._dataset != "public"
            and self.exists()
            and not self._session.ask(_CONTENT, [self._dataset])
        ):
            self._session.do(f"DROP SCHEMA {POSTGRES.name(self._dataset)}")

    def _key_statement(self, table: Table, keys: Sequence[_Key], *, owned: bool) -> str:
        """Return the statement that gives the table its primary key; "" if it has one.

        A unique index is enough for ON CONFLICT. But with a publication (FOR ALL TABLES: Debezium,
        a logical replica), PostgreSQL refuses every UPDATE of a table without a primary key.
        """
        columns = ", ".join(map(POSTGRES.name, table.matched_on))
        ours = [k for k in keys if k.columns == frozenset(table.matched_on) and k.immediate]
        if any(key.primary for key in keys) or not owned:
            return "" if ours else f"CREATE UNIQUE INDEX ON {self.target(table)} ({columns})"
        # Converting the existing index avoids building a second one while the table is locked.
        usable = next((key.index for key in ours if key.convertible), None)
        key = f"USING INDEX {POSTGRES.name(usable)}" if usable else f"({columns})"
        return f"ALTER TABLE {self.target(table)} ADD PRIMARY KEY {key}"

    def _keys(self) -> dict[str, list[_Key]]:
        """Return the unique indexes of all rows, by table."""
        keys: dict[str, list[_Key]] = {}
        for name, index, columns, *rest in self._session.ask(_KEYS, [self._dataset]):
            keys.setdefault(name, []).append(_Key(index, frozenset(columns.split("\n")), *rest))
        return keys


@dataclass(frozen=True)
class _Key:
    """A unique index.

    `immediate`: whether ON CONFLICT can use it (it cannot use a deferrable one). `convertible`:
    whether it can become the index of a primary key.
    """

    index: str
    columns: frozenset[str]
    primary: bool
    immediate: bool
    convertible: bool


# Kinds of pg_class: ordinary and partitioned tables. The others below are views, materialized
# views and foreign tables. All names are qualified, because a schema that is earlier in the
# search_path could have functions with the same names.
_WRITABLE = ("r", "p")
# System columns have negative numbers, and a dropped column remains in pg_attribute.
_COLUMNS = """
SELECT c.relname::text, c.relkind::text, pg_catalog.pg_has_role(c.relowner, 'USAGE'),
       pg_catalog.obj_description(c.oid, 'pg_class'),
       a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
       pg_catalog.col_description(c.oid, a.attnum)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_PRESENT = """
SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute
WHERE attrelid = pg_catalog.to_regclass($1) AND attname = ANY ($2::text[])
  AND attnum > 0 AND NOT attisdropped
"""
# ON CONFLICT cannot use an invalid, partial or expression index. ADD PRIMARY KEY USING INDEX needs
# default order, no INCLUDE columns and no constraint that has the index already.
_KEYS = """
SELECT c.relname::text, x.relname::text, pg_catalog.string_agg(a.attname::text, E'\\n'),
       i.indisprimary, i.indimmediate,
       i.indimmediate AND i.indoption::text !~ '[^0 ]' AND i.indnatts = i.indnkeyatts
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid = i.indexrelid)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)
  ON k.place <= i.indnkeyatts
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
WHERE n.nspname = $1 AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
GROUP BY c.relname, x.relname, i.indexrelid, i.indisprimary, i.indimmediate, i.indoption,
         i.indnatts, i.indnkeyatts
"""
_CONTENT = """
SELECT 1 FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid
WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass AND n.nspname = $1 LIMIT 1
"""
