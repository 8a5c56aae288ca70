{%- import "dialect.sql" as sql with context -%}
{%- set values = ("video_views", "likes", "comments", "shares", "reach", "video_duration",
  "total_time_watched", "average_time_watched", "full_video_watched_rate") -%}
WITH reported AS (
  SELECT item_id,
    {%- for name in values %}
    {{ sql.last_reported(name, "_quanti_sync_date") }} AS {{ name }},
    {%- endfor %}
    MAX(CASE WHEN reach IS NOT NULL THEN _quanti_sync_date END) AS reach_at,
    MAX(CASE WHEN total_time_watched IS NOT NULL THEN _quanti_sync_date END) AS watched_at
  FROM {{ table("video_snapshot_metric") }}
  GROUP BY item_id
)
SELECT video.item_id, video.account_id, video.create_time,
  {{ sql.local("video.create_time") }} AS create_time_local,
  video.caption, video.share_url, video.media_type, video.is_ad, video.state,
  video.first_seen, video.last_seen,
  {%- for name in values %}
  reported.{{ name }},
  {%- endfor %}
  LEAST(COALESCE(reported.reach_at, reported.watched_at), COALESCE(reported.watched_at, reported.reach_at)) AS insights_as_of,
  CAST(reported.likes + reported.comments + reported.shares AS {{ sql.float() }}) / NULLIF(reported.video_views, 0) AS engagement_rate
FROM {{ table("video") }} AS video
LEFT JOIN reported ON reported.item_id = video.item_id
