{#- The readings of every video and the pairs of neighbouring ones: what video_daily and video_by_age
    have in common.

    `mask` says which counters a row of `pairs` carries (1 views, 2 likes, 4 comments, 8 shares). A
    video whose snapshots always have all four or none has one row per pair with all of them (15);
    otherwise each counter has pairs of its own. -#}
{%- import "dialect.sql" as sql with context -%}
{%- set DAY = 86400000000 -%}
{%- set counters = {1: "video_views", 2: "likes", 4: "comments", 8: "shares"} -%}
{%- macro countable(name) %}CASE WHEN {{ name }} BETWEEN -4000000000000000000 AND 4000000000000000000 THEN {{ name }} END{% endmacro -%}

{%- macro pairs() -%}
moments AS (  -- each sync that listed videos, with its data time, which never goes back
  SELECT listed.sync_date,
    MAX(COALESCE({{ sql.us("run.data_time") }}, {{ sql.us("listed.sync_date") }} - {{ default_lag_us }}))
      OVER (ORDER BY listed.sync_date) AS t
  FROM (SELECT DISTINCT _quanti_sync_date AS sync_date FROM {{ table("video_snapshot_metric") }}) AS listed
  LEFT JOIN {{ table("sync_run") }} AS run ON run.sync_date = listed.sync_date
),
first_sync AS (  -- its data time; it may have listed no video, or not have got the list
  SELECT MIN(t) AS t FROM (
    SELECT t FROM moments
    UNION ALL
    SELECT COALESCE({{ sql.us("data_time") }}, {{ sql.us("sync_date") }} - {{ default_lag_us }})
    FROM {{ table("sync_run") }}
    WHERE COALESCE(status, '') <> 'failed'
  ) AS syncs
),
reported AS (  -- what each video's snapshots contain, and whether some contain only a part
  SELECT item_id,
    MIN(CASE WHEN COALESCE(video_views, 0) > 0 OR COALESCE(likes, 0) > 0
      OR COALESCE(comments, 0) > 0 OR COALESCE(shares, 0) > 0 THEN _quanti_sync_date END) AS since,
    MAX(CASE
      WHEN video_views IS NULL AND likes IS NULL AND comments IS NULL AND shares IS NULL THEN 0
      WHEN {% for name in counters.values() -%}
      {{ name }} BETWEEN -4000000000000000000 AND 4000000000000000000{{ "" if loop.last else " AND " }}
      {%- endfor %} THEN 0
      ELSE 1 END) AS uneven
  FROM {{ table("video_snapshot_metric") }}
  GROUP BY item_id
),
known AS (  -- `born`: the publication, where it counts as a reading of 0
  SELECT reported.item_id, reported.since, reported.uneven,
    CASE WHEN {{ sql.us("video.create_time") }} > (SELECT t FROM first_sync)
      THEN {{ sql.us("video.create_time") }} END AS born
  FROM reported
  LEFT JOIN {{ table("video") }} AS video ON video.item_id = reported.item_id
),
counted AS (
  SELECT snapshot.item_id, known.uneven, {{ sql.us("snapshot._quanti_sync_date") }} AS read_at,
    GREATEST(moments.t, COALESCE(known.born, moments.t)) AS t,
    snapshot.video_views, snapshot.likes, snapshot.comments, snapshot.shares
  FROM {{ table("video_snapshot_metric") }} AS snapshot
  JOIN known ON known.item_id = snapshot.item_id
  JOIN moments ON moments.sync_date = snapshot._quanti_sync_date
  WHERE known.born IS NULL OR snapshot._quanti_sync_date >= known.since
    OR moments.t >= known.born + {{ 2 * DAY }}
  UNION ALL
  SELECT item_id, uneven, 0, born, 0, 0, 0, 0 FROM known WHERE born IS NOT NULL
),
kinds AS (
  SELECT 0 AS uneven, 15 AS mask
  {%- for mask in counters %} UNION ALL SELECT 1, {{ mask }}{% endfor %}
),
readings AS (
  SELECT counted.item_id, kinds.mask, counted.read_at, counted.t,
    {%- for mask, name in counters.items() %}
    CASE WHEN kinds.mask IN (15, {{ mask }}) THEN {{ countable("counted." ~ name) }} END AS {{ name }}{{ "" if loop.last else "," }}
    {%- endfor %}
  FROM counted
  JOIN kinds ON kinds.uneven = counted.uneven
),
pairs AS (  -- the first reading of a video is a pair of its own, of no length
  SELECT item_id, mask, t AS t1, COALESCE(LAG(t) OVER earlier, t) AS t0,
    CASE WHEN LAG(t) OVER earlier IS NULL THEN 1 ELSE 0 END AS first,
    {%- for name in counters.values() %}
    {{ name }} AS {{ name }}_1, COALESCE(LAG({{ name }}) OVER earlier, {{ name }}) AS {{ name }}_0{{ "" if loop.last else "," }}
    {%- endfor %}
  FROM readings
  WHERE CASE mask {% for mask, name in counters.items() %}WHEN {{ mask }} THEN {{ name }} {% endfor %}ELSE video_views END IS NOT NULL
  WINDOW earlier AS (PARTITION BY item_id, mask ORDER BY read_at)
)
{%- endmacro -%}
