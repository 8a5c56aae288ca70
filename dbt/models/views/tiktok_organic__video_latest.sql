{# Made by `make docs` from src/tiktok_organic/history/views/sql. Do not change it here. #}
{% if target.type == "bigquery" %}
WITH reported AS (
  SELECT item_id,
    ARRAY_AGG(video_views IGNORE NULLS ORDER BY _quanti_sync_date DESC LIMIT 1)[SAFE_OFFSET(0)] AS video_views,
    ARRAY_AGG(likes IGNORE NULLS ORDER BY _quanti_sync_date DESC LIMIT 1)[SAFE_OFFSET(0)] AS likes,
    ARRAY_AGG(comments IGNORE NULLS ORDER BY _quanti_sync_date DESC LIMIT 1)[SAFE_OFFSET(0)] AS comments,
    ARRAY_AGG(shares IGNORE NULLS ORDER BY _quanti_sync_date DESC LIMIT 1)[SAFE_OFFSET(0)] AS shares,
    ARRAY_AGG(reach IGNORE NULLS ORDER BY _quanti_sync_date DESC LIMIT 1)[SAFE_OFFSET(0)] AS reach,
    ARRAY_AGG(video_duration IGNORE NULLS ORDER BY _quanti_sync_date DESC LIMIT 1)[SAFE_OFFSET(0)] AS video_duration,
    ARRAY_AGG(total_time_watched IGNORE NULLS ORDER BY _quanti_sync_date DESC LIMIT 1)[SAFE_OFFSET(0)] AS total_time_watched,
    ARRAY_AGG(average_time_watched IGNORE NULLS ORDER BY _quanti_sync_date DESC LIMIT 1)[SAFE_OFFSET(0)] AS average_time_watched,
    ARRAY_AGG(full_video_watched_rate IGNORE NULLS ORDER BY _quanti_sync_date DESC LIMIT 1)[SAFE_OFFSET(0)] AS full_video_watched_rate,
    MAX(CASE WHEN reach IS NOT NULL THEN _quanti_sync_date END) AS reach_at,
    MAX(CASE WHEN total_time_watched IS NOT NULL THEN _quanti_sync_date END) AS watched_at
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }}
  GROUP BY item_id
)
SELECT video.item_id, video.account_id, video.create_time,
  DATETIME(video.create_time, '{{ var("tiktok_organic_timezone") }}') AS create_time_local,
  video.caption, video.share_url, video.media_type, video.is_ad, video.state,
  video.first_seen, video.last_seen,
  reported.video_views,
  reported.likes,
  reported.comments,
  reported.shares,
  reported.reach,
  reported.video_duration,
  reported.total_time_watched,
  reported.average_time_watched,
  reported.full_video_watched_rate,
  LEAST(COALESCE(reported.reach_at, reported.watched_at), COALESCE(reported.watched_at, reported.reach_at)) AS insights_as_of,
  CAST(reported.likes + reported.comments + reported.shares AS FLOAT64) / NULLIF(reported.video_views, 0) AS engagement_rate
FROM {{ source("tiktok_organic", "video") }} AS video
LEFT JOIN reported ON reported.item_id = video.item_id
{% elif target.type == "postgres" %}
WITH reported AS (
  SELECT item_id,
    (array_agg(video_views ORDER BY _quanti_sync_date DESC) FILTER (WHERE video_views IS NOT NULL))[1] AS video_views,
    (array_agg(likes ORDER BY _quanti_sync_date DESC) FILTER (WHERE likes IS NOT NULL))[1] AS likes,
    (array_agg(comments ORDER BY _quanti_sync_date DESC) FILTER (WHERE comments IS NOT NULL))[1] AS comments,
    (array_agg(shares ORDER BY _quanti_sync_date DESC) FILTER (WHERE shares IS NOT NULL))[1] AS shares,
    (array_agg(reach ORDER BY _quanti_sync_date DESC) FILTER (WHERE reach IS NOT NULL))[1] AS reach,
    (array_agg(video_duration ORDER BY _quanti_sync_date DESC) FILTER (WHERE video_duration IS NOT NULL))[1] AS video_duration,
    (array_agg(total_time_watched ORDER BY _quanti_sync_date DESC) FILTER (WHERE total_time_watched IS NOT NULL))[1] AS total_time_watched,
    (array_agg(average_time_watched ORDER BY _quanti_sync_date DESC) FILTER (WHERE average_time_watched IS NOT NULL))[1] AS average_time_watched,
    (array_agg(full_video_watched_rate ORDER BY _quanti_sync_date DESC) FILTER (WHERE full_video_watched_rate IS NOT NULL))[1] AS full_video_watched_rate,
    MAX(CASE WHEN reach IS NOT NULL THEN _quanti_sync_date END) AS reach_at,
    MAX(CASE WHEN total_time_watched IS NOT NULL THEN _quanti_sync_date END) AS watched_at
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }}
  GROUP BY item_id
)
SELECT video.item_id, video.account_id, video.create_time,
  video.create_time AT TIME ZONE '{{ var("tiktok_organic_timezone") }}' AS create_time_local,
  video.caption, video.share_url, video.media_type, video.is_ad, video.state,
  video.first_seen, video.last_seen,
  reported.video_views,
  reported.likes,
  reported.comments,
  reported.shares,
  reported.reach,
  reported.video_duration,
  reported.total_time_watched,
  reported.average_time_watched,
  reported.full_video_watched_rate,
  LEAST(COALESCE(reported.reach_at, reported.watched_at), COALESCE(reported.watched_at, reported.reach_at)) AS insights_as_of,
  CAST(reported.likes + reported.comments + reported.shares AS DOUBLE PRECISION) / NULLIF(reported.video_views, 0) AS engagement_rate
FROM {{ source("tiktok_organic", "video") }} AS video
LEFT JOIN reported ON reported.item_id = video.item_id
{% else %}
WITH reported AS (
  SELECT item_id,
    arg_max(video_views, _quanti_sync_date) AS video_views,
    arg_max(likes, _quanti_sync_date) AS likes,
    arg_max(comments, _quanti_sync_date) AS comments,
    arg_max(shares, _quanti_sync_date) AS shares,
    arg_max(reach, _quanti_sync_date) AS reach,
    arg_max(video_duration, _quanti_sync_date) AS video_duration,
    arg_max(total_time_watched, _quanti_sync_date) AS total_time_watched,
    arg_max(average_time_watched, _quanti_sync_date) AS average_time_watched,
    arg_max(full_video_watched_rate, _quanti_sync_date) AS full_video_watched_rate,
    MAX(CASE WHEN reach IS NOT NULL THEN _quanti_sync_date END) AS reach_at,
    MAX(CASE WHEN total_time_watched IS NOT NULL THEN _quanti_sync_date END) AS watched_at
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }}
  GROUP BY item_id
)
SELECT video.item_id, video.account_id, video.create_time,
  video.create_time AT TIME ZONE '{{ var("tiktok_organic_timezone") }}' AS create_time_local,
  video.caption, video.share_url, video.media_type, video.is_ad, video.state,
  video.first_seen, video.last_seen,
  reported.video_views,
  reported.likes,
  reported.comments,
  reported.shares,
  reported.reach,
  reported.video_duration,
  reported.total_time_watched,
  reported.average_time_watched,
  reported.full_video_watched_rate,
  LEAST(COALESCE(reported.reach_at, reported.watched_at), COALESCE(reported.watched_at, reported.reach_at)) AS insights_as_of,
  CAST(reported.likes + reported.comments + reported.shares AS DOUBLE) / NULLIF(reported.video_views, 0) AS engagement_rate
FROM {{ source("tiktok_organic", "video") }} AS video
LEFT JOIN reported ON reported.item_id = video.item_id
{% endif %}
