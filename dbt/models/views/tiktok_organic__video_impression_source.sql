{# Made by `make docs` from src/tiktok_organic/history/views/sql. Do not change it here. #}
{% if target.type == "bigquery" %}
SELECT item_id, account_id, sync_date, source, MAX(share) AS share
FROM (
  SELECT snapshot.item_id, (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
    snapshot._quanti_sync_date AS sync_date,
    COALESCE(JSON_VALUE(item, '$.impression_source')) AS source,
    SAFE_CAST(JSON_VALUE(item, '$.percentage') AS FLOAT64) AS share
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }} AS snapshot
  CROSS JOIN UNNEST(JSON_QUERY_ARRAY(CASE WHEN snapshot.impression_sources LIKE '[%' THEN snapshot.impression_sources ELSE '[]' END)) AS item
) AS reported
WHERE source IS NOT NULL
GROUP BY item_id, account_id, sync_date, source
{% elif target.type == "postgres" %}
SELECT item_id, account_id, sync_date, source, MAX(share) AS share
FROM (
  SELECT snapshot.item_id, (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
    snapshot._quanti_sync_date AS sync_date,
    COALESCE((CASE json_typeof(item) WHEN 'object' THEN item ->> 'impression_source' END)) AS source,
    (CASE WHEN (CASE json_typeof(item) WHEN 'object' THEN item ->> 'percentage' END) ~ '^-?[0-9]{1,15}([.][0-9]{1,30})?([eE][-+]?[0-9]{1,2})?$'
    THEN CAST((CASE json_typeof(item) WHEN 'object' THEN item ->> 'percentage' END) AS DOUBLE PRECISION) END) AS share
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }} AS snapshot
  CROSS JOIN LATERAL json_array_elements(CASE WHEN snapshot.impression_sources LIKE '[%'
    THEN CAST(REPLACE(snapshot.impression_sources, '\u0000', '\ufffd') AS JSON) ELSE '[]' END) AS items(item)
) AS reported
WHERE source IS NOT NULL
GROUP BY item_id, account_id, sync_date, source
{% else %}
SELECT item_id, account_id, sync_date, source, MAX(share) AS share
FROM (
  SELECT snapshot.item_id, (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
    snapshot._quanti_sync_date AS sync_date,
    COALESCE(json_extract_string(item, '$.impression_source')) AS source,
    TRY_CAST(json_extract_string(item, '$.percentage') AS DOUBLE) AS share
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }} AS snapshot
  CROSS JOIN unnest(json_extract(TRY_CAST(snapshot.impression_sources AS JSON), '$[*]')) AS items(item)
) AS reported
WHERE source IS NOT NULL
GROUP BY item_id, account_id, sync_date, source
{% endif %}
