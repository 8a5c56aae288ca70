{# Made by `make docs` from src/tiktok_organic/history/views/sql. Do not change it here. #}
{% if target.type == "bigquery" %}
WITH moments AS (  -- each sync that listed videos, with its data time, which never goes back
  SELECT listed.sync_date,
    MAX(COALESCE(UNIX_MICROS(run.data_time), UNIX_MICROS(listed.sync_date) - 129600000000))
      OVER (ORDER BY listed.sync_date) AS t
  FROM (SELECT DISTINCT _quanti_sync_date AS sync_date FROM {{ source("tiktok_organic", "video_snapshot_metric") }}) AS listed
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = listed.sync_date
),
first_sync AS (  -- its data time; it may have listed no video, or not have got the list
  SELECT MIN(t) AS t FROM (
    SELECT t FROM moments
    UNION ALL
    SELECT COALESCE(UNIX_MICROS(data_time), UNIX_MICROS(sync_date) - 129600000000)
    FROM {{ source("tiktok_organic", "sync_run") }}
    WHERE COALESCE(status, '') <> 'failed'
  ) AS syncs
),
reported AS (  -- what each video's snapshots contain, and whether some contain only a part
  SELECT item_id,
    MIN(CASE WHEN COALESCE(video_views, 0) > 0 OR COALESCE(likes, 0) > 0
      OR COALESCE(comments, 0) > 0 OR COALESCE(shares, 0) > 0 THEN _quanti_sync_date END) AS since,
    MAX(CASE
      WHEN video_views IS NULL AND likes IS NULL AND comments IS NULL AND shares IS NULL THEN 0
      WHEN video_views BETWEEN -4000000000000000000 AND 4000000000000000000 AND likes BETWEEN -4000000000000000000 AND 4000000000000000000 AND comments BETWEEN -4000000000000000000 AND 4000000000000000000 AND shares BETWEEN -4000000000000000000 AND 4000000000000000000 THEN 0
      ELSE 1 END) AS uneven
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }}
  GROUP BY item_id
),
known AS (  -- `born`: the publication, where it counts as a reading of 0
  SELECT reported.item_id, reported.since, reported.uneven,
    CASE WHEN UNIX_MICROS(video.create_time) > (SELECT t FROM first_sync)
      THEN UNIX_MICROS(video.create_time) END AS born
  FROM reported
  LEFT JOIN {{ source("tiktok_organic", "video") }} AS video ON video.item_id = reported.item_id
),
counted AS (
  SELECT snapshot.item_id, known.uneven, UNIX_MICROS(snapshot._quanti_sync_date) AS read_at,
    GREATEST(moments.t, COALESCE(known.born, moments.t)) AS t,
    snapshot.video_views, snapshot.likes, snapshot.comments, snapshot.shares
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }} AS snapshot
  JOIN known ON known.item_id = snapshot.item_id
  JOIN moments ON moments.sync_date = snapshot._quanti_sync_date
  WHERE known.born IS NULL OR snapshot._quanti_sync_date >= known.since
    OR moments.t >= known.born + 172800000000
  UNION ALL
  SELECT item_id, uneven, 0, born, 0, 0, 0, 0 FROM known WHERE born IS NOT NULL
),
kinds AS (
  SELECT 0 AS uneven, 15 AS mask UNION ALL SELECT 1, 1 UNION ALL SELECT 1, 2 UNION ALL SELECT 1, 4 UNION ALL SELECT 1, 8
),
readings AS (
  SELECT counted.item_id, kinds.mask, counted.read_at, counted.t,
    CASE WHEN kinds.mask IN (15, 1) THEN CASE WHEN counted.video_views BETWEEN -4000000000000000000 AND 4000000000000000000 THEN counted.video_views END END AS video_views,
    CASE WHEN kinds.mask IN (15, 2) THEN CASE WHEN counted.likes BETWEEN -4000000000000000000 AND 4000000000000000000 THEN counted.likes END END AS likes,
    CASE WHEN kinds.mask IN (15, 4) THEN CASE WHEN counted.comments BETWEEN -4000000000000000000 AND 4000000000000000000 THEN counted.comments END END AS comments,
    CASE WHEN kinds.mask IN (15, 8) THEN CASE WHEN counted.shares BETWEEN -4000000000000000000 AND 4000000000000000000 THEN counted.shares END END AS shares
  FROM counted
  JOIN kinds ON kinds.uneven = counted.uneven
),
pairs AS (  -- the first reading of a video is a pair of its own, of no length
  SELECT item_id, mask, t AS t1, COALESCE(LAG(t) OVER earlier, t) AS t0,
    CASE WHEN LAG(t) OVER earlier IS NULL THEN 1 ELSE 0 END AS first,
    video_views AS video_views_1, COALESCE(LAG(video_views) OVER earlier, video_views) AS video_views_0,
    likes AS likes_1, COALESCE(LAG(likes) OVER earlier, likes) AS likes_0,
    comments AS comments_1, COALESCE(LAG(comments) OVER earlier, comments) AS comments_0,
    shares AS shares_1, COALESCE(LAG(shares) OVER earlier, shares) AS shares_0
  FROM readings
  WHERE CASE mask WHEN 1 THEN video_views WHEN 2 THEN likes WHEN 4 THEN comments WHEN 8 THEN shares ELSE video_views END IS NOT NULL
  WINDOW earlier AS (PARTITION BY item_id, mask ORDER BY read_at)
),
ages AS (
  SELECT 1 AS age_days UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 7 UNION ALL SELECT 14 UNION ALL SELECT 30 UNION ALL SELECT 90
),
reached AS (  -- the pair between whose readings the video reached the age
  SELECT pairs.*, ages.age_days, UNIX_MICROS(video.create_time) + ages.age_days * 86400000000 AS instant
  FROM pairs
  JOIN {{ source("tiktok_organic", "video") }} AS video ON video.item_id = pairs.item_id
  CROSS JOIN ages
  WHERE UNIX_MICROS(video.create_time) + ages.age_days * 86400000000 <= t1
    AND (UNIX_MICROS(video.create_time) + ages.age_days * 86400000000 > t0
      OR (first = 1 AND UNIX_MICROS(video.create_time) + ages.age_days * 86400000000 = t1))
),
aged AS (
  SELECT item_id, age_days,
    MAX(CASE WHEN instant = t1 THEN video_views_1 ELSE video_views_0 + CAST(FLOOR((video_views_1 - video_views_0)
      * (CAST(instant - t0 AS FLOAT64) / (t1 - t0)) + 0.5) AS INT64) END) AS video_views,
    MAX(CASE WHEN instant = t1 THEN likes_1 ELSE likes_0 + CAST(FLOOR((likes_1 - likes_0)
      * (CAST(instant - t0 AS FLOAT64) / (t1 - t0)) + 0.5) AS INT64) END) AS likes,
    MAX(CASE WHEN instant = t1 THEN comments_1 ELSE comments_0 + CAST(FLOOR((comments_1 - comments_0)
      * (CAST(instant - t0 AS FLOAT64) / (t1 - t0)) + 0.5) AS INT64) END) AS comments,
    MAX(CASE WHEN instant = t1 THEN shares_1 ELSE shares_0 + CAST(FLOOR((shares_1 - shares_0)
      * (CAST(instant - t0 AS FLOAT64) / (t1 - t0)) + 0.5) AS INT64) END) AS shares,
    BIT_OR(mask) AS counters,
    BIT_OR(CASE WHEN t1 - instant <= 3600000000 OR instant - t0 <= 3600000000 THEN mask ELSE 0 END) AS read_then
  FROM reached
  GROUP BY item_id, age_days
)
SELECT aged.item_id, (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
  CAST(aged.age_days AS INT64) AS age_days,
  aged.video_views, aged.likes, aged.comments, aged.shares,
  aged.read_then <> aged.counters AS is_estimated
FROM aged
{% elif target.type == "postgres" %}
WITH moments AS (  -- each sync that listed videos, with its data time, which never goes back
  SELECT listed.sync_date,
    MAX(COALESCE(CAST(EXTRACT(EPOCH FROM run.data_time) * 1000000 AS BIGINT), CAST(EXTRACT(EPOCH FROM listed.sync_date) * 1000000 AS BIGINT) - 129600000000))
      OVER (ORDER BY listed.sync_date) AS t
  FROM (SELECT DISTINCT _quanti_sync_date AS sync_date FROM {{ source("tiktok_organic", "video_snapshot_metric") }}) AS listed
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = listed.sync_date
),
first_sync AS (  -- its data time; it may have listed no video, or not have got the list
  SELECT MIN(t) AS t FROM (
    SELECT t FROM moments
    UNION ALL
    SELECT COALESCE(CAST(EXTRACT(EPOCH FROM data_time) * 1000000 AS BIGINT), CAST(EXTRACT(EPOCH FROM sync_date) * 1000000 AS BIGINT) - 129600000000)
    FROM {{ source("tiktok_organic", "sync_run") }}
    WHERE COALESCE(status, '') <> 'failed'
  ) AS syncs
),
reported AS (  -- what each video's snapshots contain, and whether some contain only a part
  SELECT item_id,
    MIN(CASE WHEN COALESCE(video_views, 0) > 0 OR COALESCE(likes, 0) > 0
      OR COALESCE(comments, 0) > 0 OR COALESCE(shares, 0) > 0 THEN _quanti_sync_date END) AS since,
    MAX(CASE
      WHEN video_views IS NULL AND likes IS NULL AND comments IS NULL AND shares IS NULL THEN 0
      WHEN video_views BETWEEN -4000000000000000000 AND 4000000000000000000 AND likes BETWEEN -4000000000000000000 AND 4000000000000000000 AND comments BETWEEN -4000000000000000000 AND 4000000000000000000 AND shares BETWEEN -4000000000000000000 AND 4000000000000000000 THEN 0
      ELSE 1 END) AS uneven
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }}
  GROUP BY item_id
),
known AS (  -- `born`: the publication, where it counts as a reading of 0
  SELECT reported.item_id, reported.since, reported.uneven,
    CASE WHEN CAST(EXTRACT(EPOCH FROM video.create_time) * 1000000 AS BIGINT) > (SELECT t FROM first_sync)
      THEN CAST(EXTRACT(EPOCH FROM video.create_time) * 1000000 AS BIGINT) END AS born
  FROM reported
  LEFT JOIN {{ source("tiktok_organic", "video") }} AS video ON video.item_id = reported.item_id
),
counted AS (
  SELECT snapshot.item_id, known.uneven, CAST(EXTRACT(EPOCH FROM snapshot._quanti_sync_date) * 1000000 AS BIGINT) AS read_at,
    GREATEST(moments.t, COALESCE(known.born, moments.t)) AS t,
    snapshot.video_views, snapshot.likes, snapshot.comments, snapshot.shares
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }} AS snapshot
  JOIN known ON known.item_id = snapshot.item_id
  JOIN moments ON moments.sync_date = snapshot._quanti_sync_date
  WHERE known.born IS NULL OR snapshot._quanti_sync_date >= known.since
    OR moments.t >= known.born + 172800000000
  UNION ALL
  SELECT item_id, uneven, 0, born, 0, 0, 0, 0 FROM known WHERE born IS NOT NULL
),
kinds AS (
  SELECT 0 AS uneven, 15 AS mask UNION ALL SELECT 1, 1 UNION ALL SELECT 1, 2 UNION ALL SELECT 1, 4 UNION ALL SELECT 1, 8
),
readings AS (
  SELECT counted.item_id, kinds.mask, counted.read_at, counted.t,
    CASE WHEN kinds.mask IN (15, 1) THEN CASE WHEN counted.video_views BETWEEN -4000000000000000000 AND 4000000000000000000 THEN counted.video_views END END AS video_views,
    CASE WHEN kinds.mask IN (15, 2) THEN CASE WHEN counted.likes BETWEEN -4000000000000000000 AND 4000000000000000000 THEN counted.likes END END AS likes,
    CASE WHEN kinds.mask IN (15, 4) THEN CASE WHEN counted.comments BETWEEN -4000000000000000000 AND 4000000000000000000 THEN counted.comments END END AS comments,
    CASE WHEN kinds.mask IN (15, 8) THEN CASE WHEN counted.shares BETWEEN -4000000000000000000 AND 4000000000000000000 THEN counted.shares END END AS shares
  FROM counted
  JOIN kinds ON kinds.uneven = counted.uneven
),
pairs AS (  -- the first reading of a video is a pair of its own, of no length
  SELECT item_id, mask, t AS t1, COALESCE(LAG(t) OVER earlier, t) AS t0,
    CASE WHEN LAG(t) OVER earlier IS NULL THEN 1 ELSE 0 END AS first,
    video_views AS video_views_1, COALESCE(LAG(video_views) OVER earlier, video_views) AS video_views_0,
    likes AS likes_1, COALESCE(LAG(likes) OVER earlier, likes) AS likes_0,
    comments AS comments_1, COALESCE(LAG(comments) OVER earlier, comments) AS comments_0,
    shares AS shares_1, COALESCE(LAG(shares) OVER earlier, shares) AS shares_0
  FROM readings
  WHERE CASE mask WHEN 1 THEN video_views WHEN 2 THEN likes WHEN 4 THEN comments WHEN 8 THEN shares ELSE video_views END IS NOT NULL
  WINDOW earlier AS (PARTITION BY item_id, mask ORDER BY read_at)
),
ages AS (
  SELECT 1 AS age_days UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 7 UNION ALL SELECT 14 UNION ALL SELECT 30 UNION ALL SELECT 90
),
reached AS (  -- the pair between whose readings the video reached the age
  SELECT pairs.*, ages.age_days, CAST(EXTRACT(EPOCH FROM video.create_time) * 1000000 AS BIGINT) + ages.age_days * 86400000000 AS instant
  FROM pairs
  JOIN {{ source("tiktok_organic", "video") }} AS video ON video.item_id = pairs.item_id
  CROSS JOIN ages
  WHERE CAST(EXTRACT(EPOCH FROM video.create_time) * 1000000 AS BIGINT) + ages.age_days * 86400000000 <= t1
    AND (CAST(EXTRACT(EPOCH FROM video.create_time) * 1000000 AS BIGINT) + ages.age_days * 86400000000 > t0
      OR (first = 1 AND CAST(EXTRACT(EPOCH FROM video.create_time) * 1000000 AS BIGINT) + ages.age_days * 86400000000 = t1))
),
aged AS (
  SELECT item_id, age_days,
    MAX(CASE WHEN instant = t1 THEN video_views_1 ELSE video_views_0 + CAST(FLOOR((video_views_1 - video_views_0)
      * (CAST(instant - t0 AS DOUBLE PRECISION) / (t1 - t0)) + 0.5) AS BIGINT) END) AS video_views,
    MAX(CASE WHEN instant = t1 THEN likes_1 ELSE likes_0 + CAST(FLOOR((likes_1 - likes_0)
      * (CAST(instant - t0 AS DOUBLE PRECISION) / (t1 - t0)) + 0.5) AS BIGINT) END) AS likes,
    MAX(CASE WHEN instant = t1 THEN comments_1 ELSE comments_0 + CAST(FLOOR((comments_1 - comments_0)
      * (CAST(instant - t0 AS DOUBLE PRECISION) / (t1 - t0)) + 0.5) AS BIGINT) END) AS comments,
    MAX(CASE WHEN instant = t1 THEN shares_1 ELSE shares_0 + CAST(FLOOR((shares_1 - shares_0)
      * (CAST(instant - t0 AS DOUBLE PRECISION) / (t1 - t0)) + 0.5) AS BIGINT) END) AS shares,
    BIT_OR(mask) AS counters,
    BIT_OR(CASE WHEN t1 - instant <= 3600000000 OR instant - t0 <= 3600000000 THEN mask ELSE 0 END) AS read_then
  FROM reached
  GROUP BY item_id, age_days
)
SELECT aged.item_id, (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
  CAST(aged.age_days AS BIGINT) AS age_days,
  aged.video_views, aged.likes, aged.comments, aged.shares,
  aged.read_then <> aged.counters AS is_estimated
FROM aged
{% else %}
WITH moments AS (  -- each sync that listed videos, with its data time, which never goes back
  SELECT listed.sync_date,
    MAX(COALESCE(epoch_us(run.data_time), epoch_us(listed.sync_date) - 129600000000))
      OVER (ORDER BY listed.sync_date) AS t
  FROM (SELECT DISTINCT _quanti_sync_date AS sync_date FROM {{ source("tiktok_organic", "video_snapshot_metric") }}) AS listed
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = listed.sync_date
),
first_sync AS (  -- its data time; it may have listed no video, or not have got the list
  SELECT MIN(t) AS t FROM (
    SELECT t FROM moments
    UNION ALL
    SELECT COALESCE(epoch_us(data_time), epoch_us(sync_date) - 129600000000)
    FROM {{ source("tiktok_organic", "sync_run") }}
    WHERE COALESCE(status, '') <> 'failed'
  ) AS syncs
),
reported AS (  -- what each video's snapshots contain, and whether some contain only a part
  SELECT item_id,
    MIN(CASE WHEN COALESCE(video_views, 0) > 0 OR COALESCE(likes, 0) > 0
      OR COALESCE(comments, 0) > 0 OR COALESCE(shares, 0) > 0 THEN _quanti_sync_date END) AS since,
    MAX(CASE
      WHEN video_views IS NULL AND likes IS NULL AND comments IS NULL AND shares IS NULL THEN 0
      WHEN video_views BETWEEN -4000000000000000000 AND 4000000000000000000 AND likes BETWEEN -4000000000000000000 AND 4000000000000000000 AND comments BETWEEN -4000000000000000000 AND 4000000000000000000 AND shares BETWEEN -4000000000000000000 AND 4000000000000000000 THEN 0
      ELSE 1 END) AS uneven
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }}
  GROUP BY item_id
),
known AS (  -- `born`: the publication, where it counts as a reading of 0
  SELECT reported.item_id, reported.since, reported.uneven,
    CASE WHEN epoch_us(video.create_time) > (SELECT t FROM first_sync)
      THEN epoch_us(video.create_time) END AS born
  FROM reported
  LEFT JOIN {{ source("tiktok_organic", "video") }} AS video ON video.item_id = reported.item_id
),
counted AS (
  SELECT snapshot.item_id, known.uneven, epoch_us(snapshot._quanti_sync_date) AS read_at,
    GREATEST(moments.t, COALESCE(known.born, moments.t)) AS t,
    snapshot.video_views, snapshot.likes, snapshot.comments, snapshot.shares
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }} AS snapshot
  JOIN known ON known.item_id = snapshot.item_id
  JOIN moments ON moments.sync_date = snapshot._quanti_sync_date
  WHERE known.born IS NULL OR snapshot._quanti_sync_date >= known.since
    OR moments.t >= known.born + 172800000000
  UNION ALL
  SELECT item_id, uneven, 0, born, 0, 0, 0, 0 FROM known WHERE born IS NOT NULL
),
kinds AS (
  SELECT 0 AS uneven, 15 AS mask UNION ALL SELECT 1, 1 UNION ALL SELECT 1, 2 UNION ALL SELECT 1, 4 UNION ALL SELECT 1, 8
),
readings AS (
  SELECT counted.item_id, kinds.mask, counted.read_at, counted.t,
    CASE WHEN kinds.mask IN (15, 1) THEN CASE WHEN counted.video_views BETWEEN -4000000000000000000 AND 4000000000000000000 THEN counted.video_views END END AS video_views,
    CASE WHEN kinds.mask IN (15, 2) THEN CASE WHEN counted.likes BETWEEN -4000000000000000000 AND 4000000000000000000 THEN counted.likes END END AS likes,
    CASE WHEN kinds.mask IN (15, 4) THEN CASE WHEN counted.comments BETWEEN -4000000000000000000 AND 4000000000000000000 THEN counted.comments END END AS comments,
    CASE WHEN kinds.mask IN (15, 8) THEN CASE WHEN counted.shares BETWEEN -4000000000000000000 AND 4000000000000000000 THEN counted.shares END END AS shares
  FROM counted
  JOIN kinds ON kinds.uneven = counted.uneven
),
pairs AS (  -- the first reading of a video is a pair of its own, of no length
  SELECT item_id, mask, t AS t1, COALESCE(LAG(t) OVER earlier, t) AS t0,
    CASE WHEN LAG(t) OVER earlier IS NULL THEN 1 ELSE 0 END AS first,
    video_views AS video_views_1, COALESCE(LAG(video_views) OVER earlier, video_views) AS video_views_0,
    likes AS likes_1, COALESCE(LAG(likes) OVER earlier, likes) AS likes_0,
    comments AS comments_1, COALESCE(LAG(comments) OVER earlier, comments) AS comments_0,
    shares AS shares_1, COALESCE(LAG(shares) OVER earlier, shares) AS shares_0
  FROM readings
  WHERE CASE mask WHEN 1 THEN video_views WHEN 2 THEN likes WHEN 4 THEN comments WHEN 8 THEN shares ELSE video_views END IS NOT NULL
  WINDOW earlier AS (PARTITION BY item_id, mask ORDER BY read_at)
),
ages AS (
  SELECT 1 AS age_days UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 7 UNION ALL SELECT 14 UNION ALL SELECT 30 UNION ALL SELECT 90
),
reached AS (  -- the pair between whose readings the video reached the age
  SELECT pairs.*, ages.age_days, epoch_us(video.create_time) + ages.age_days * 86400000000 AS instant
  FROM pairs
  JOIN {{ source("tiktok_organic", "video") }} AS video ON video.item_id = pairs.item_id
  CROSS JOIN ages
  WHERE epoch_us(video.create_time) + ages.age_days * 86400000000 <= t1
    AND (epoch_us(video.create_time) + ages.age_days * 86400000000 > t0
      OR (first = 1 AND epoch_us(video.create_time) + ages.age_days * 86400000000 = t1))
),
aged AS (
  SELECT item_id, age_days,
    MAX(CASE WHEN instant = t1 THEN video_views_1 ELSE video_views_0 + CAST(FLOOR((video_views_1 - video_views_0)
      * (CAST(instant - t0 AS DOUBLE) / (t1 - t0)) + 0.5) AS BIGINT) END) AS video_views,
    MAX(CASE WHEN instant = t1 THEN likes_1 ELSE likes_0 + CAST(FLOOR((likes_1 - likes_0)
      * (CAST(instant - t0 AS DOUBLE) / (t1 - t0)) + 0.5) AS BIGINT) END) AS likes,
    MAX(CASE WHEN instant = t1 THEN comments_1 ELSE comments_0 + CAST(FLOOR((comments_1 - comments_0)
      * (CAST(instant - t0 AS DOUBLE) / (t1 - t0)) + 0.5) AS BIGINT) END) AS comments,
    MAX(CASE WHEN instant = t1 THEN shares_1 ELSE shares_0 + CAST(FLOOR((shares_1 - shares_0)
      * (CAST(instant - t0 AS DOUBLE) / (t1 - t0)) + 0.5) AS BIGINT) END) AS shares,
    BIT_OR(mask) AS counters,
    BIT_OR(CASE WHEN t1 - instant <= 3600000000 OR instant - t0 <= 3600000000 THEN mask ELSE 0 END) AS read_then
  FROM reached
  GROUP BY item_id, age_days
)
SELECT aged.item_id, (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
  CAST(aged.age_days AS BIGINT) AS age_days,
  aged.video_views, aged.likes, aged.comments, aged.shares,
  aged.read_then <> aged.counters AS is_estimated
FROM aged
{% endif %}
