{%- import "dialect.sql" as sql with context -%}
{%- import "readings.sql" as readings with context -%}
{%- set DAY = 86400000000 -%}
{%- set HOUR = 3600000000 -%}
WITH {{ readings.pairs() }},
ages AS (
  {% for age in (1, 2, 3, 7, 14, 30, 90) -%}
  {{ "" if loop.first else "UNION ALL " }}SELECT {{ age }}{{ " AS age_days" if loop.first }}{{ "" if loop.last else " " }}
  {%- endfor %}
),
reached AS (  -- the pair between whose readings the video reached the age
  SELECT pairs.*, ages.age_days, {{ sql.us("video.create_time") }} + ages.age_days * {{ DAY }} AS instant
  FROM pairs
  JOIN {{ table("video") }} AS video ON video.item_id = pairs.item_id
  CROSS JOIN ages
  WHERE {{ sql.us("video.create_time") }} + ages.age_days * {{ DAY }} <= t1
    AND ({{ sql.us("video.create_time") }} + ages.age_days * {{ DAY }} > t0
      OR (first = 1 AND {{ sql.us("video.create_time") }} + ages.age_days * {{ DAY }} = t1))
),
aged AS (
  SELECT item_id, age_days,
    {%- for name in readings.counters.values() %}
    MAX(CASE WHEN instant = t1 THEN {{ name }}_1 ELSE {{ name }}_0 + CAST(FLOOR(({{ name }}_1 - {{ name }}_0)
      * (CAST(instant - t0 AS {{ sql.float() }}) / (t1 - t0)) + 0.5) AS {{ sql.integer() }}) END) AS {{ name }},
    {%- endfor %}
    BIT_OR(mask) AS counters,
    BIT_OR(CASE WHEN t1 - instant <= {{ HOUR }} OR instant - t0 <= {{ HOUR }} THEN mask ELSE 0 END) AS read_then
  FROM reached
  GROUP BY item_id, age_days
)
SELECT aged.item_id, (SELECT MAX(account_id) FROM {{ table("sync_run") }}) AS account_id,
  CAST(aged.age_days AS {{ sql.integer() }}) AS age_days,
  aged.video_views, aged.likes, aged.comments, aged.shares,
  aged.read_then <> aged.counters AS is_estimated
FROM aged
