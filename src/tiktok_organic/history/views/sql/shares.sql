{#- One row per label of a JSON array of shares. `labels`: the members that may hold the label. -#}
{%- import "dialect.sql" as sql with context -%}
{%- macro account(column, label, labels) -%}
SELECT account_id, sync_date, {{ label }}, MAX(share) AS share
FROM (
  SELECT (SELECT MAX(account_id) FROM {{ table("sync_run") }}) AS account_id,
    snapshot._quanti_sync_date AS sync_date,
    COALESCE({% for name in labels %}{{ sql.member(name) }}{{ ", " if not loop.last }}{% endfor %}) AS {{ label }},
    {{ sql.number(sql.member("percentage"), sql.float()) }} AS share
  FROM {{ table("profile_snapshot_metric") }} AS snapshot
  CROSS JOIN {{ sql.items("snapshot." ~ column) }}
) AS reported
WHERE {{ label }} IS NOT NULL
GROUP BY account_id, sync_date, {{ label }}
{%- endmacro -%}
{%- macro video(column, label, labels) -%}
SELECT item_id, account_id, sync_date, {{ label }}, MAX(share) AS share
FROM (
  SELECT snapshot.item_id, (SELECT MAX(account_id) FROM {{ table("sync_run") }}) AS account_id,
    snapshot._quanti_sync_date AS sync_date,
    COALESCE({% for name in labels %}{{ sql.member(name) }}{{ ", " if not loop.last }}{% endfor %}) AS {{ label }},
    {{ sql.number(sql.member("percentage"), sql.float()) }} AS share
  FROM {{ table("video_snapshot_metric") }} AS snapshot
  CROSS JOIN {{ sql.items("snapshot." ~ column) }}
) AS reported
WHERE {{ label }} IS NOT NULL
GROUP BY item_id, account_id, sync_date, {{ label }}
{%- endmacro -%}
