{# Made by `make docs` from src/tiktok_organic/history/views/sql. Do not change it here. #}
{% if target.type == "bigquery" %}
WITH span AS (
  SELECT MIN(first) AS first, MAX(last) AS last FROM (
    SELECT MIN(UNIX_DATE(date)) AS first, MAX(UNIX_DATE(date)) AS last FROM {{ source("tiktok_organic", "coverage_day") }}
    UNION ALL
    SELECT MIN(UNIX_DATE(date)), CAST(NULL AS INT64) FROM {{ source("tiktok_organic", "profile_daily_metric") }}
  ) AS ends
),
days AS (
  SELECT n, DATE_FROM_UNIX_DATE(n) AS date
  FROM span
  CROSS JOIN UNNEST(GENERATE_ARRAY(span.first, span.last)) AS n
),
stored AS (
  SELECT day.*, UNIX_DATE(day.date) AS n,
    day.daily_new_followers - day.daily_lost_followers AS net
  FROM {{ source("tiktok_organic", "profile_daily_metric") }} AS day
),
running AS (  -- followers won since the first day, to each day's end
  SELECT days.n, SUM(COALESCE(stored.net, 0)) OVER (ORDER BY days.n) AS won
  FROM days
  LEFT JOIN stored ON stored.n = days.n
),
snapshots AS (
  SELECT UNIX_MICROS(_quanti_sync_date) AS t, MAX(followers_count) AS followers
  FROM {{ source("tiktok_organic", "profile_snapshot_metric") }}
  WHERE followers_count IS NOT NULL
  GROUP BY _quanti_sync_date
),
instants AS (
  SELECT t, CAST(NULL AS INT64) AS n, t AS snapshot FROM snapshots
  UNION ALL
  SELECT (n + 1) * 86400000000, n, CAST(NULL AS INT64) FROM stored
),
beside AS (  -- the snapshots before and after each stored day's end
  SELECT n, t, MAX(snapshot) OVER (ORDER BY t) AS before, MIN(snapshot) OVER (ORDER BY t DESC) AS after
  FROM instants
),
nearest AS (
  SELECT n, after <= t + 172800000000 AS soon,
    CASE WHEN after <= t + 172800000000 OR before IS NULL OR after - t <= t - before
      THEN after ELSE before END AS t
  FROM beside
  WHERE n IS NOT NULL
),
anchored AS (  -- `anchor`: the day at whose end the snapshot is taken to have been made
  SELECT nearest.n, COALESCE(nearest.soon, FALSE) AS soon, snapshots.followers,
    LEAST(GREATEST(DIV((nearest.t + 43200000000), 86400000000) - 1, span.first - 1), span.last) AS anchor
  FROM nearest
  JOIN snapshots ON snapshots.t = nearest.t
  CROSS JOIN span
),
followers AS (
  SELECT anchored.n, NOT anchored.soon AS is_estimated,
    CASE WHEN anchored.soon THEN anchored.followers
      ELSE anchored.followers + running.won - COALESCE(reference.won, 0) END AS followers
  FROM anchored
  JOIN running ON running.n = anchored.n
  LEFT JOIN running AS reference ON reference.n = anchored.anchor
),
posts AS (
  SELECT DIV((UNIX_MICROS(create_time)), 86400000000) AS n, COUNT(*) AS published
  FROM {{ source("tiktok_organic", "video") }}
  WHERE UNIX_MICROS(create_time) >= 0
  GROUP BY 1
)
SELECT (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id, days.date,
  COALESCE(covered.state, CASE WHEN stored.n IS NULL THEN 'lost' ELSE 'provisional' END) AS state,
  stored.video_views, stored.unique_video_views, stored.profile_views, stored.likes, stored.comments,
  stored.shares, stored.engaged_audience, stored.bio_link_clicks,
  stored.daily_new_followers AS new_followers, stored.daily_lost_followers AS lost_followers,
  stored.net AS net_followers,
  CAST(followers.followers AS INT64) AS followers,
  followers.is_estimated AS followers_is_estimated,
  CAST(COALESCE(posts.published, 0) AS INT64) AS posts_published,
  CAST(stored.likes + stored.comments + stored.shares AS FLOAT64) / NULLIF(stored.video_views, 0) AS engagement_rate
FROM days
LEFT JOIN {{ source("tiktok_organic", "coverage_day") }} AS covered ON covered.date = days.date
LEFT JOIN stored ON stored.n = days.n
LEFT JOIN followers ON followers.n = days.n
LEFT JOIN posts ON posts.n = days.n
{% elif target.type == "postgres" %}
WITH span AS (
  SELECT MIN(first) AS first, MAX(last) AS last FROM (
    SELECT MIN(CAST(date - DATE '1970-01-01' AS BIGINT)) AS first, MAX(CAST(date - DATE '1970-01-01' AS BIGINT)) AS last FROM {{ source("tiktok_organic", "coverage_day") }}
    UNION ALL
    SELECT MIN(CAST(date - DATE '1970-01-01' AS BIGINT)), CAST(NULL AS BIGINT) FROM {{ source("tiktok_organic", "profile_daily_metric") }}
  ) AS ends
),
days AS (
  SELECT n, DATE '1970-01-01' + CAST(n AS INTEGER) AS date
  FROM span
  CROSS JOIN LATERAL generate_series(span.first, span.last) AS numbers(n)
),
stored AS (
  SELECT day.*, CAST(day.date - DATE '1970-01-01' AS BIGINT) AS n,
    day.daily_new_followers - day.daily_lost_followers AS net
  FROM {{ source("tiktok_organic", "profile_daily_metric") }} AS day
),
running AS (  -- followers won since the first day, to each day's end
  SELECT days.n, SUM(COALESCE(stored.net, 0)) OVER (ORDER BY days.n) AS won
  FROM days
  LEFT JOIN stored ON stored.n = days.n
),
snapshots AS (
  SELECT CAST(EXTRACT(EPOCH FROM _quanti_sync_date) * 1000000 AS BIGINT) AS t, MAX(followers_count) AS followers
  FROM {{ source("tiktok_organic", "profile_snapshot_metric") }}
  WHERE followers_count IS NOT NULL
  GROUP BY _quanti_sync_date
),
instants AS (
  SELECT t, CAST(NULL AS BIGINT) AS n, t AS snapshot FROM snapshots
  UNION ALL
  SELECT (n + 1) * 86400000000, n, CAST(NULL AS BIGINT) FROM stored
),
beside AS (  -- the snapshots before and after each stored day's end
  SELECT n, t, MAX(snapshot) OVER (ORDER BY t) AS before, MIN(snapshot) OVER (ORDER BY t DESC) AS after
  FROM instants
),
nearest AS (
  SELECT n, after <= t + 172800000000 AS soon,
    CASE WHEN after <= t + 172800000000 OR before IS NULL OR after - t <= t - before
      THEN after ELSE before END AS t
  FROM beside
  WHERE n IS NOT NULL
),
anchored AS (  -- `anchor`: the day at whose end the snapshot is taken to have been made
  SELECT nearest.n, COALESCE(nearest.soon, FALSE) AS soon, snapshots.followers,
    LEAST(GREATEST(((nearest.t + 43200000000) / 86400000000) - 1, span.first - 1), span.last) AS anchor
  FROM nearest
  JOIN snapshots ON snapshots.t = nearest.t
  CROSS JOIN span
),
followers AS (
  SELECT anchored.n, NOT anchored.soon AS is_estimated,
    CASE WHEN anchored.soon THEN anchored.followers
      ELSE anchored.followers + running.won - COALESCE(reference.won, 0) END AS followers
  FROM anchored
  JOIN running ON running.n = anchored.n
  LEFT JOIN running AS reference ON reference.n = anchored.anchor
),
posts AS (
  SELECT ((CAST(EXTRACT(EPOCH FROM create_time) * 1000000 AS BIGINT)) / 86400000000) AS n, COUNT(*) AS published
  FROM {{ source("tiktok_organic", "video") }}
  WHERE CAST(EXTRACT(EPOCH FROM create_time) * 1000000 AS BIGINT) >= 0
  GROUP BY 1
)
SELECT (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id, days.date,
  COALESCE(covered.state, CASE WHEN stored.n IS NULL THEN 'lost' ELSE 'provisional' END) AS state,
  stored.video_views, stored.unique_video_views, stored.profile_views, stored.likes, stored.comments,
  stored.shares, stored.engaged_audience, stored.bio_link_clicks,
  stored.daily_new_followers AS new_followers, stored.daily_lost_followers AS lost_followers,
  stored.net AS net_followers,
  CAST(followers.followers AS BIGINT) AS followers,
  followers.is_estimated AS followers_is_estimated,
  CAST(COALESCE(posts.published, 0) AS BIGINT) AS posts_published,
  CAST(stored.likes + stored.comments + stored.shares AS DOUBLE PRECISION) / NULLIF(stored.video_views, 0) AS engagement_rate
FROM days
LEFT JOIN {{ source("tiktok_organic", "coverage_day") }} AS covered ON covered.date = days.date
LEFT JOIN stored ON stored.n = days.n
LEFT JOIN followers ON followers.n = days.n
LEFT JOIN posts ON posts.n = days.n
{% else %}
WITH span AS (
  SELECT MIN(first) AS first, MAX(last) AS last FROM (
    SELECT MIN(CAST(date_diff('day', DATE '1970-01-01', date) AS BIGINT)) AS first, MAX(CAST(date_diff('day', DATE '1970-01-01', date) AS BIGINT)) AS last FROM {{ source("tiktok_organic", "coverage_day") }}
    UNION ALL
    SELECT MIN(CAST(date_diff('day', DATE '1970-01-01', date) AS BIGINT)), CAST(NULL AS BIGINT) FROM {{ source("tiktok_organic", "profile_daily_metric") }}
  ) AS ends
),
days AS (
  SELECT n, DATE '1970-01-01' + CAST(n AS INTEGER) AS date
  FROM span
  CROSS JOIN unnest(range(span.first, span.last + 1)) AS numbers(n)
),
stored AS (
  SELECT day.*, CAST(date_diff('day', DATE '1970-01-01', day.date) AS BIGINT) AS n,
    day.daily_new_followers - day.daily_lost_followers AS net
  FROM {{ source("tiktok_organic", "profile_daily_metric") }} AS day
),
running AS (  -- followers won since the first day, to each day's end
  SELECT days.n, SUM(COALESCE(stored.net, 0)) OVER (ORDER BY days.n) AS won
  FROM days
  LEFT JOIN stored ON stored.n = days.n
),
snapshots AS (
  SELECT epoch_us(_quanti_sync_date) AS t, MAX(followers_count) AS followers
  FROM {{ source("tiktok_organic", "profile_snapshot_metric") }}
  WHERE followers_count IS NOT NULL
  GROUP BY _quanti_sync_date
),
instants AS (
  SELECT t, CAST(NULL AS BIGINT) AS n, t AS snapshot FROM snapshots
  UNION ALL
  SELECT (n + 1) * 86400000000, n, CAST(NULL AS BIGINT) FROM stored
),
beside AS (  -- the snapshots before and after each stored day's end
  SELECT n, t, MAX(snapshot) OVER (ORDER BY t) AS before, MIN(snapshot) OVER (ORDER BY t DESC) AS after
  FROM instants
),
nearest AS (
  SELECT n, after <= t + 172800000000 AS soon,
    CASE WHEN after <= t + 172800000000 OR before IS NULL OR after - t <= t - before
      THEN after ELSE before END AS t
  FROM beside
  WHERE n IS NOT NULL
),
anchored AS (  -- `anchor`: the day at whose end the snapshot is taken to have been made
  SELECT nearest.n, COALESCE(nearest.soon, FALSE) AS soon, snapshots.followers,
    LEAST(GREATEST(((nearest.t + 43200000000) // 86400000000) - 1, span.first - 1), span.last) AS anchor
  FROM nearest
  JOIN snapshots ON snapshots.t = nearest.t
  CROSS JOIN span
),
followers AS (
  SELECT anchored.n, NOT anchored.soon AS is_estimated,
    CASE WHEN anchored.soon THEN anchored.followers
      ELSE anchored.followers + running.won - COALESCE(reference.won, 0) END AS followers
  FROM anchored
  JOIN running ON running.n = anchored.n
  LEFT JOIN running AS reference ON reference.n = anchored.anchor
),
posts AS (
  SELECT ((epoch_us(create_time)) // 86400000000) AS n, COUNT(*) AS published
  FROM {{ source("tiktok_organic", "video") }}
  WHERE epoch_us(create_time) >= 0
  GROUP BY 1
)
SELECT (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id, days.date,
  COALESCE(covered.state, CASE WHEN stored.n IS NULL THEN 'lost' ELSE 'provisional' END) AS state,
  stored.video_views, stored.unique_video_views, stored.profile_views, stored.likes, stored.comments,
  stored.shares, stored.engaged_audience, stored.bio_link_clicks,
  stored.daily_new_followers AS new_followers, stored.daily_lost_followers AS lost_followers,
  stored.net AS net_followers,
  CAST(followers.followers AS BIGINT) AS followers,
  followers.is_estimated AS followers_is_estimated,
  CAST(COALESCE(posts.published, 0) AS BIGINT) AS posts_published,
  CAST(stored.likes + stored.comments + stored.shares AS DOUBLE) / NULLIF(stored.video_views, 0) AS engagement_rate
FROM days
LEFT JOIN {{ source("tiktok_organic", "coverage_day") }} AS covered ON covered.date = days.date
LEFT JOIN stored ON stored.n = days.n
LEFT JOIN followers ON followers.n = days.n
LEFT JOIN posts ON posts.n = days.n
{% endif %}
