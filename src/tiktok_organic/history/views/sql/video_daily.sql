{%- import "dialect.sql" as sql with context -%}
{%- import "readings.sql" as readings with context -%}
{%- set DAY = 86400000000 -%}
{%- set HOUR = 3600000000 -%}
WITH {{ readings.pairs() }},
touched AS (  -- each pair on each day that it touches, from day_0 to day_1
  SELECT pairs.*, k,
    CASE WHEN k > {{ sql.quotient("t0", DAY) }}
      THEN CAST(k * {{ DAY }} - t0 AS {{ sql.float() }}) / (t1 - t0) END AS part_0,
    CASE WHEN k < {{ sql.quotient("t1", DAY) }}
      THEN CAST((k + 1) * {{ DAY }} - t0 AS {{ sql.float() }}) / (t1 - t0) END AS part_1
  FROM pairs
  CROSS JOIN {{ sql.numbers(sql.quotient("t0", DAY), sql.quotient("t1", DAY), "k") }}
),
gained AS (
  SELECT item_id, k,
    {%- for name in readings.counters.values() %}
    {%- set gain = name ~ "_1 - " ~ name ~ "_0" %}
    SUM(CASE WHEN part_1 IS NULL THEN {{ gain }}
        ELSE CAST(FLOOR(({{ gain }}) * part_1 + 0.5) AS {{ sql.integer() }}) END
      - CASE WHEN part_0 IS NULL THEN 0
        ELSE CAST(FLOOR(({{ gain }}) * part_0 + 0.5) AS {{ sql.integer() }}) END) AS {{ name }},
    {%- endfor %}
    BIT_OR(mask) AS counters,
    BIT_OR(CASE WHEN ABS(k * {{ DAY }} - t0) <= {{ HOUR }} OR ABS(k * {{ DAY }} - t1) <= {{ HOUR }}
      THEN mask ELSE 0 END) AS read_at_start,
    BIT_OR(CASE WHEN ABS((k + 1) * {{ DAY }} - t0) <= {{ HOUR }} OR ABS((k + 1) * {{ DAY }} - t1) <= {{ HOUR }}
      THEN mask ELSE 0 END) AS read_at_end,
    MAX(CASE WHEN t1 > k * {{ DAY }} THEN t1 - t0 END) AS gap,
    MAX(t1 - t0) AS gap_before
  FROM touched
  GROUP BY item_id, k
)
SELECT gained.item_id, (SELECT MAX(account_id) FROM {{ table("sync_run") }}) AS account_id,
  {{ sql.date("gained.k") }} AS date,
  {%- for name in readings.counters.values() %}
  CAST(gained.{{ name }} AS {{ sql.integer() }}) AS {{ name }},
  {%- endfor %}
  (gained.read_at_start & gained.read_at_end & gained.counters) <> gained.counters AS is_estimated,
  GREATEST(1, {{ sql.quotient("COALESCE(gained.gap, gained.gap_before) + " ~ (DAY // 2), DAY) }}) AS gap_days
FROM gained
