{%- import "dialect.sql" as sql with context -%}
SELECT account_id, date, hour_utc, CAST(EXTRACT(HOUR FROM begins) AS {{ sql.integer() }}) AS hour_local,
  followers_online, CAST(begins AS DATE) AS date_local
FROM (
  SELECT account_id, date, hour_utc, followers_online,
    {{ sql.wall_clock(sql.day_number("date") ~ " * 86400 + hour_utc * 3600") }} AS begins
  FROM (
    SELECT account_id, date, hour_utc, MAX(followers_online) AS followers_online
    FROM (
      SELECT day._quanti_ad_account AS account_id, day.date AS date,
        {{ sql.number(sql.member("hour"), sql.integer()) }} AS hour_utc,
        {{ sql.number(sql.member("count"), sql.integer()) }} AS followers_online
      FROM {{ table("profile_daily_metric") }} AS day
      CROSS JOIN {{ sql.items("day.audience_activity") }}
    ) AS reported
    WHERE hour_utc BETWEEN 0 AND 23
    GROUP BY account_id, date, hour_utc
  ) AS hours
) AS begun
