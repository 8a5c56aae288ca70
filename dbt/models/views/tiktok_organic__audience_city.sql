{# Made by `make docs` from src/tiktok_organic/history/views/sql. Do not change it here. #}
{% if target.type == "bigquery" %}
SELECT account_id, sync_date, city, MAX(share) AS share
FROM (
  SELECT (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
    snapshot._quanti_sync_date AS sync_date,
    COALESCE(JSON_VALUE(item, '$.city_name'), JSON_VALUE(item, '$.city')) AS city,
    SAFE_CAST(JSON_VALUE(item, '$.percentage') AS FLOAT64) AS share
  FROM {{ source("tiktok_organic", "profile_snapshot_metric") }} AS snapshot
  CROSS JOIN UNNEST(JSON_QUERY_ARRAY(CASE WHEN snapshot.audience_cities LIKE '[%' THEN snapshot.audience_cities ELSE '[]' END)) AS item
) AS reported
WHERE city IS NOT NULL
GROUP BY account_id, sync_date, city
{% elif target.type == "postgres" %}
SELECT account_id, sync_date, city, MAX(share) AS share
FROM (
  SELECT (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
    snapshot._quanti_sync_date AS sync_date,
    COALESCE((CASE json_typeof(item) WHEN 'object' THEN item ->> 'city_name' END), (CASE json_typeof(item) WHEN 'object' THEN item ->> 'city' END)) AS city,
    (CASE WHEN (CASE json_typeof(item) WHEN 'object' THEN item ->> 'percentage' END) ~ '^-?[0-9]{1,15}([.][0-9]{1,30})?([eE][-+]?[0-9]{1,2})?$'
    THEN CAST((CASE json_typeof(item) WHEN 'object' THEN item ->> 'percentage' END) AS DOUBLE PRECISION) END) AS share
  FROM {{ source("tiktok_organic", "profile_snapshot_metric") }} AS snapshot
  CROSS JOIN LATERAL json_array_elements(CASE WHEN snapshot.audience_cities LIKE '[%'
    THEN CAST(REPLACE(snapshot.audience_cities, '\u0000', '\ufffd') AS JSON) ELSE '[]' END) AS items(item)
) AS reported
WHERE city IS NOT NULL
GROUP BY account_id, sync_date, city
{% else %}
SELECT account_id, sync_date, city, MAX(share) AS share
FROM (
  SELECT (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
    snapshot._quanti_sync_date AS sync_date,
    COALESCE(json_extract_string(item, '$.city_name'), json_extract_string(item, '$.city')) AS city,
    TRY_CAST(json_extract_string(item, '$.percentage') AS DOUBLE) AS share
  FROM {{ source("tiktok_organic", "profile_snapshot_metric") }} AS snapshot
  CROSS JOIN unnest(json_extract(TRY_CAST(snapshot.audience_cities AS JSON), '$[*]')) AS items(item)
) AS reported
WHERE city IS NOT NULL
GROUP BY account_id, sync_date, city
{% endif %}
