{%- import "dialect.sql" as sql with context -%}
{%- set DAY = 86400000000 -%}
WITH span AS (
  SELECT MIN(first) AS first, MAX(last) AS last FROM (
    SELECT MIN({{ sql.day_number("date") }}) AS first, MAX({{ sql.day_number("date") }}) AS last FROM {{ table("coverage_day") }}
    UNION ALL
    SELECT MIN({{ sql.day_number("date") }}), CAST(NULL AS {{ sql.integer() }}) FROM {{ table("profile_daily_metric") }}
  ) AS ends
),
days AS (
  SELECT n, {{ sql.date("n") }} AS date
  FROM span
  CROSS JOIN {{ sql.numbers("span.first", "span.last", "n") }}
),
stored AS (
  SELECT day.*, {{ sql.day_number("day.date") }} AS n,
    day.daily_new_followers - day.daily_lost_followers AS net
  FROM {{ table("profile_daily_metric") }} AS day
),
running AS (  -- followers won since the first day, to each day's end
  SELECT days.n, SUM(COALESCE(stored.net, 0)) OVER (ORDER BY days.n) AS won
  FROM days
  LEFT JOIN stored ON stored.n = days.n
),
snapshots AS (
  SELECT {{ sql.us("_quanti_sync_date") }} AS t, MAX(followers_count) AS followers
  FROM {{ table("profile_snapshot_metric") }}
  WHERE followers_count IS NOT NULL
  GROUP BY _quanti_sync_date
),
instants AS (
  SELECT t, CAST(NULL AS {{ sql.integer() }}) AS n, t AS snapshot FROM snapshots
  UNION ALL
  SELECT (n + 1) * {{ DAY }}, n, CAST(NULL AS {{ sql.integer() }}) FROM stored
),
beside AS (  -- the snapshots before and after each stored day's end
  SELECT n, t, MAX(snapshot) OVER (ORDER BY t) AS before, MIN(snapshot) OVER (ORDER BY t DESC) AS after
  FROM instants
),
nearest AS (
  SELECT n, after <= t + {{ 2 * DAY }} AS soon,
    CASE WHEN after <= t + {{ 2 * DAY }} OR before IS NULL OR after - t <= t - before
      THEN after ELSE before END AS t
  FROM beside
  WHERE n IS NOT NULL
),
anchored AS (  -- `anchor`: the day at whose end the snapshot is taken to have been made
  SELECT nearest.n, COALESCE(nearest.soon, FALSE) AS soon, snapshots.followers,
    LEAST(GREATEST({{ sql.quotient("nearest.t + " ~ (DAY // 2), DAY) }} - 1, span.first - 1), span.last) AS anchor
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
  SELECT {{ sql.quotient(sql.us("create_time"), DAY) }} AS n, COUNT(*) AS published
  FROM {{ table("video") }}
  WHERE {{ sql.us("create_time") }} >= 0
  GROUP BY 1
)
SELECT (SELECT MAX(account_id) FROM {{ table("sync_run") }}) AS account_id, days.date,
  COALESCE(covered.state, CASE WHEN stored.n IS NULL THEN 'lost' ELSE 'provisional' END) AS state,
  stored.video_views, stored.unique_video_views, stored.profile_views, stored.likes, stored.comments,
  stored.shares, stored.engaged_audience, stored.bio_link_clicks,
  stored.daily_new_followers AS new_followers, stored.daily_lost_followers AS lost_followers,
  stored.net AS net_followers,
  CAST(followers.followers AS {{ sql.integer() }}) AS followers,
  followers.is_estimated AS followers_is_estimated,
  CAST(COALESCE(posts.published, 0) AS {{ sql.integer() }}) AS posts_published,
  CAST(stored.likes + stored.comments + stored.shares AS {{ sql.float() }}) / NULLIF(stored.video_views, 0) AS engagement_rate
FROM days
LEFT JOIN {{ table("coverage_day") }} AS covered ON covered.date = days.date
LEFT JOIN stored ON stored.n = days.n
LEFT JOIN followers ON followers.n = days.n
LEFT JOIN posts ON posts.n = days.n
