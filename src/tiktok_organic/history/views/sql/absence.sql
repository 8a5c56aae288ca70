{#- Reasons are checked in the contract's order; the first that applies is returned. `facts` has
    what each column depends on. -#}
{%- import "dialect.sql" as sql with context -%}
{%- set DAY = 86400000000 -%}
{%- macro columns(name) -%}
{%- for fact in facts[name] %}
  {{ "SELECT" if loop.first else "UNION ALL SELECT" }} '{{ fact.column }}'{{ " AS column_name" if loop.first }}, {{ fact.business | int }}{{ " AS business" if loop.first }}, {{ fact.hundred | int }}{{ " AS hundred" if loop.first }}, {{ fact.registered | int }}{{ " AS registered" if loop.first }}, {{ fact.counted | int }}{{ " AS counted" if loop.first }}, {{ fact.perishable | int }}{{ " AS perishable" if loop.first }}
{%- endfor -%}
{%- endmacro -%}
{%- macro is_empty(name, row) -%}
CASE wanted.column_name
{%- for fact in facts[name] %}
      WHEN '{{ fact.column }}' THEN {{ row }}.{{ fact.column }} IS NULL{% if fact.json %} OR {{ row }}.{{ fact.column }} = '[]'{% endif %}
{%- endfor %} END
{%- endmacro -%}
{%- macro is_withheld(name, run) -%}
COALESCE(STRPOS({{ run }}.withheld_columns, CONCAT('"{{ name }}.', wanted.column_name, '"')), 0) > 0
{%- endmacro -%}
WITH account AS (  -- what holds for the account as of the last sync
  SELECT (SELECT MAX(account_id) FROM {{ table("sync_run") }}) AS account_id,
    (SELECT MIN(CASE WHEN is_business_account THEN 1 ELSE 0 END) FROM {{ table("profile") }}) AS business,
    (SELECT MAX(sync_date) FROM {{ table("sync_run") }} WHERE status IN ('succeeded', 'partial')) AS last_sync,
    (SELECT MIN(date) FROM {{ table("profile_daily_metric") }} WHERE
      {%- for fact in facts["profile_daily_metric"] if not fact.json %}
      {{ fact.column }} IS NOT NULL{{ " OR" if not loop.last }}
      {%- endfor %}) AS first_reported
),
empty_days AS (
  SELECT day._quanti_ad_account AS account_id, day.date, wanted.column_name,
    CASE
      WHEN {{ is_withheld("profile_daily_metric", "run") }} THEN 'permission_withheld'
      WHEN wanted.business = 1 AND account.business = 0 THEN 'not_business'
      WHEN wanted.hundred = 1 AND COALESCE(daily.followers < 100, day.audience_activity = '[]', FALSE) THEN 'under_100_followers'
      WHEN account.first_reported IS NULL OR day.date < account.first_reported THEN 'before_analytics'
      WHEN {{ sql.us("covered.last_read_at") }} < ({{ sql.day_number("day.date") }} + 3) * {{ DAY }} THEN 'too_fresh'
      WHEN wanted.registered = 1 AND NOT CASE wanted.column_name
        {%- for fact in facts["profile_daily_metric"] if fact.registered %}
        WHEN '{{ fact.column }}' THEN ever.{{ fact.column }}
        {%- endfor %} ELSE FALSE END THEN 'not_registered_business'
      ELSE 'nothing_sent' END AS reason
  FROM {{ table("profile_daily_metric") }} AS day
  CROSS JOIN account
  CROSS JOIN (
    SELECT
      {%- for fact in facts["profile_daily_metric"] if fact.registered %}
      COUNT({{ fact.column }}) > 0 AS {{ fact.column }}{{ "," if not loop.last }}
      {%- endfor %}
    FROM {{ table("profile_daily_metric") }}
  ) AS ever
  CROSS JOIN ({{ columns("profile_daily_metric") }}) AS wanted
  LEFT JOIN {{ table("coverage_day") }} AS covered ON covered.date = day.date
  LEFT JOIN {{ table("sync_run") }} AS run ON run.sync_date = covered.last_read_at
  LEFT JOIN {{ table("account_daily") }} AS daily ON daily.date = day.date
  WHERE {{ is_empty("profile_daily_metric", "day") }}
),
empty_profile AS (
  SELECT account.account_id, wanted.column_name,
    CASE
      WHEN {{ is_withheld("profile", "run") }} THEN 'permission_withheld'
      ELSE 'nothing_sent' END AS reason
  FROM {{ table("profile") }} AS profile
  CROSS JOIN account
  CROSS JOIN ({{ columns("profile") }}) AS wanted
  LEFT JOIN {{ table("sync_run") }} AS run ON run.sync_date = account.last_sync
  WHERE {{ is_empty("profile", "profile") }}
),
empty_snapshot AS (
  SELECT account.account_id, wanted.column_name,
    CASE
      WHEN {{ is_withheld("profile_snapshot_metric", "run") }} THEN 'permission_withheld'
      WHEN wanted.hundred = 1 AND COALESCE(snapshot.followers_count < 100, CASE wanted.column_name
        {%- for fact in facts["profile_snapshot_metric"] if fact.hundred %}
        WHEN '{{ fact.column }}' THEN snapshot.{{ fact.column }} = '[]'
        {%- endfor %} END, FALSE) THEN 'under_100_followers'
      WHEN wanted.hundred = 1 AND account.first_reported IS NULL THEN 'before_analytics'
      ELSE 'nothing_sent' END AS reason
  FROM {{ table("profile_snapshot_metric") }} AS snapshot
  CROSS JOIN account
  CROSS JOIN ({{ columns("profile_snapshot_metric") }}) AS wanted
  LEFT JOIN {{ table("sync_run") }} AS run ON run.sync_date = snapshot._quanti_sync_date
  WHERE snapshot._quanti_sync_date = (SELECT MAX(_quanti_sync_date) FROM {{ table("profile_snapshot_metric") }})
    AND ({{ is_empty("profile_snapshot_metric", "snapshot") }})
),
newest AS (
  SELECT item_id, MAX(_quanti_sync_date) AS sync_date,
    MIN(_quanti_sync_date) = (SELECT MIN(_quanti_sync_date) FROM {{ table("video_snapshot_metric") }}) AS from_the_start,
    {%- for fact in facts["video_snapshot_metric"] if fact.perishable %}
    {{ "" if loop.first else "+ " }}COUNT({{ fact.column }}){{ " > 0 AS once_reported" if loop.last }}
    {%- endfor %}
  FROM {{ table("video_snapshot_metric") }}
  GROUP BY item_id
),
empty_video AS (
  SELECT account.account_id, video.item_id, wanted.column_name,
    CASE
      WHEN {{ is_withheld("video_snapshot_metric", "run") }} THEN 'permission_withheld'
      WHEN wanted.counted = 1 AND {{ sql.us("newest.sync_date") }} - {{ sql.us("video.create_time") }} < {{ 2 * DAY }} THEN 'too_fresh'
      WHEN wanted.counted = 1 AND {{ sql.us("newest.sync_date") }} - {{ sql.us("video.create_time") }} > {{ 365 * DAY }} THEN 'frozen_video'
      WHEN wanted.perishable = 1 AND (newest.once_reported OR newest.from_the_start)
        {%- for fact in facts["video_snapshot_metric"] if fact.perishable %}
        AND {% if fact.json %}COALESCE(video.{{ fact.column }}, '[]') = '[]'{% else %}video.{{ fact.column }} IS NULL{% endif %}
        {%- endfor %} THEN 'idle_video'
      ELSE 'nothing_sent' END AS reason
  FROM newest
  JOIN {{ table("video_snapshot_metric") }} AS video
    ON video.item_id = newest.item_id AND video._quanti_sync_date = newest.sync_date
  CROSS JOIN account
  CROSS JOIN ({{ columns("video_snapshot_metric") }}) AS wanted
  LEFT JOIN {{ table("sync_run") }} AS run ON run.sync_date = newest.sync_date
  WHERE {{ is_empty("video_snapshot_metric", "video") }}
)
SELECT account_id, CAST(NULL AS {{ sql.string() }}) AS item_id, date, 'profile_daily_metric' AS table_name, column_name, reason
FROM empty_days
UNION ALL
SELECT account_id, CAST(NULL AS {{ sql.string() }}), CAST(NULL AS DATE), 'profile', column_name, reason FROM empty_profile
UNION ALL
SELECT account_id, CAST(NULL AS {{ sql.string() }}), CAST(NULL AS DATE), 'profile_snapshot_metric', column_name, reason FROM empty_snapshot
UNION ALL
SELECT account_id, item_id, CAST(NULL AS DATE), 'video_snapshot_metric', column_name, reason FROM empty_video
