{# Made by `make docs` from src/tiktok_organic/history/views/sql. Do not change it here. #}
{% if target.type == "bigquery" %}
SELECT account_id, sync_date, country, MAX(share) AS share
FROM (
  SELECT (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
    snapshot._quanti_sync_date AS sync_date,
    COALESCE(JSON_VALUE(item, '$.country')) AS country,
    SAFE_CAST(JSON_VALUE(item, '$.percentage') AS FLOAT64) AS share
  FROM {{ source("tiktok_organic", "profile_snapshot_metric") }} AS snapshot
  CROSS JOIN UNNEST(JSON_QUERY_ARRAY(CASE WHEN snapshot.audience_countries LIKE '[%' THEN snapshot.audience_countries ELSE '[]' END)) AS item
) AS reported
WHERE country IS NOT NULL
GROUP BY account_id, sync_date, country
{% elif target.type == "postgres" %}
SELECT account_id, sync_date, country, MAX(share) AS share
FROM (
  SELECT (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
    snapshot._quanti_sync_date AS sync_date,
    COALESCE((CASE json_typeof(item) WHEN 'object' THEN item ->> 'country' END)) AS country,
    (CASE WHEN (CASE json_typeof(item) WHEN 'object' THEN item ->> 'percentage' END) ~ '^-?[0-9]{1,15}([.][0-9]{1,30})?([eE][-+]?[0-9]{1,2})?$'
    THEN CAST((CASE json_typeof(item) WHEN 'object' THEN item ->> 'percentage' END) AS DOUBLE PRECISION) END) AS share
  FROM {{ source("tiktok_organic", "profile_snapshot_metric") }} AS snapshot
  CROSS JOIN LATERAL json_array_elements(CASE WHEN snapshot.audience_countries LIKE '[%'
    THEN CAST(REPLACE(snapshot.audience_countries, '\u0000', '\ufffd') AS JSON) ELSE '[]' END) AS items(item)
) AS reported
WHERE country IS NOT NULL
GROUP BY account_id, sync_date, country
{% else %}
SELECT account_id, sync_date, country, MAX(share) AS share
FROM (
  SELECT (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
    snapshot._quanti_sync_date AS sync_date,
    COALESCE(json_extract_string(item, '$.country')) AS country,
    TRY_CAST(json_extract_string(item, '$.percentage') AS DOUBLE) AS share
  FROM {{ source("tiktok_organic", "profile_snapshot_metric") }} AS snapshot
  CROSS JOIN unnest(json_extract(TRY_CAST(snapshot.audience_countries AS JSON), '$[*]')) AS items(item)
) AS reported
WHERE country IS NOT NULL
GROUP BY account_id, sync_date, country
{% endif %}
