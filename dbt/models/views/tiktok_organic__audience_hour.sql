{# Made by `make docs` from src/tiktok_organic/history/views/sql. Do not change it here. #}
{% if target.type == "bigquery" %}
SELECT account_id, date, hour_utc, CAST(EXTRACT(HOUR FROM begins) AS INT64) AS hour_local,
  followers_online, CAST(begins AS DATE) AS date_local
FROM (
  SELECT account_id, date, hour_utc, followers_online,
    DATETIME(TIMESTAMP_SECONDS(UNIX_DATE(date) * 86400 + hour_utc * 3600), '{{ var("tiktok_organic_timezone") }}') AS begins
  FROM (
    SELECT account_id, date, hour_utc, MAX(followers_online) AS followers_online
    FROM (
      SELECT day._quanti_ad_account AS account_id, day.date AS date,
        SAFE_CAST(JSON_VALUE(item, '$.hour') AS INT64) AS hour_utc,
        SAFE_CAST(JSON_VALUE(item, '$.count') AS INT64) AS followers_online
      FROM {{ source("tiktok_organic", "profile_daily_metric") }} AS day
      CROSS JOIN UNNEST(JSON_QUERY_ARRAY(CASE WHEN day.audience_activity LIKE '[%' THEN day.audience_activity ELSE '[]' END)) AS item
    ) AS reported
    WHERE hour_utc BETWEEN 0 AND 23
    GROUP BY account_id, date, hour_utc
  ) AS hours
) AS begun
{% elif target.type == "postgres" %}
SELECT account_id, date, hour_utc, CAST(EXTRACT(HOUR FROM begins) AS BIGINT) AS hour_local,
  followers_online, CAST(begins AS DATE) AS date_local
FROM (
  SELECT account_id, date, hour_utc, followers_online,
    to_timestamp(CAST(date - DATE '1970-01-01' AS BIGINT) * 86400 + hour_utc * 3600) AT TIME ZONE '{{ var("tiktok_organic_timezone") }}' AS begins
  FROM (
    SELECT account_id, date, hour_utc, MAX(followers_online) AS followers_online
    FROM (
      SELECT day._quanti_ad_account AS account_id, day.date AS date,
        (CASE WHEN (CASE json_typeof(item) WHEN 'object' THEN item ->> 'hour' END) ~ '^-?[0-9]{1,15}$'
    THEN CAST((CASE json_typeof(item) WHEN 'object' THEN item ->> 'hour' END) AS BIGINT) END) AS hour_utc,
        (CASE WHEN (CASE json_typeof(item) WHEN 'object' THEN item ->> 'count' END) ~ '^-?[0-9]{1,15}$'
    THEN CAST((CASE json_typeof(item) WHEN 'object' THEN item ->> 'count' END) AS BIGINT) END) AS followers_online
      FROM {{ source("tiktok_organic", "profile_daily_metric") }} AS day
      CROSS JOIN LATERAL json_array_elements(CASE WHEN day.audience_activity LIKE '[%'
    THEN CAST(REPLACE(day.audience_activity, '\u0000', '\ufffd') AS JSON) ELSE '[]' END) AS items(item)
    ) AS reported
    WHERE hour_utc BETWEEN 0 AND 23
    GROUP BY account_id, date, hour_utc
  ) AS hours
) AS begun
{% else %}
SELECT account_id, date, hour_utc, CAST(EXTRACT(HOUR FROM begins) AS BIGINT) AS hour_local,
  followers_online, CAST(begins AS DATE) AS date_local
FROM (
  SELECT account_id, date, hour_utc, followers_online,
    to_timestamp(CAST(date_diff('day', DATE '1970-01-01', date) AS BIGINT) * 86400 + hour_utc * 3600) AT TIME ZONE '{{ var("tiktok_organic_timezone") }}' AS begins
  FROM (
    SELECT account_id, date, hour_utc, MAX(followers_online) AS followers_online
    FROM (
      SELECT day._quanti_ad_account AS account_id, day.date AS date,
        TRY_CAST(json_extract_string(item, '$.hour') AS BIGINT) AS hour_utc,
        TRY_CAST(json_extract_string(item, '$.count') AS BIGINT) AS followers_online
      FROM {{ source("tiktok_organic", "profile_daily_metric") }} AS day
      CROSS JOIN unnest(json_extract(TRY_CAST(day.audience_activity AS JSON), '$[*]')) AS items(item)
    ) AS reported
    WHERE hour_utc BETWEEN 0 AND 23
    GROUP BY account_id, date, hour_utc
  ) AS hours
) AS begun
{% endif %}
