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
touched AS (  -- each pair on each day that it touches, from day_0 to day_1
  SELECT pairs.*, k,
    CASE WHEN k > DIV((t0), 86400000000)
      THEN CAST(k * 86400000000 - t0 AS FLOAT64) / (t1 - t0) END AS part_0,
    CASE WHEN k < DIV((t1), 86400000000)
      THEN CAST((k + 1) * 86400000000 - t0 AS FLOAT64) / (t1 - t0) END AS part_1
  FROM pairs
  CROSS JOIN UNNEST(GENERATE_ARRAY(DIV((t0), 86400000000), DIV((t1), 86400000000))) AS k
),
gained AS (
  SELECT item_id, k,
    SUM(CASE WHEN part_1 IS NULL THEN video_views_1 - video_views_0
        ELSE CAST(FLOOR((video_views_1 - video_views_0) * part_1 + 0.5) AS INT64) END
      - CASE WHEN part_0 IS NULL THEN 0
        ELSE CAST(FLOOR((video_views_1 - video_views_0) * part_0 + 0.5) AS INT64) END) AS video_views,
    SUM(CASE WHEN part_1 IS NULL THEN likes_1 - likes_0
        ELSE CAST(FLOOR((likes_1 - likes_0) * part_1 + 0.5) AS INT64) END
      - CASE WHEN part_0 IS NULL THEN 0
        ELSE CAST(FLOOR((likes_1 - likes_0) * part_0 + 0.5) AS INT64) END) AS likes,
    SUM(CASE WHEN part_1 IS NULL THEN comments_1 - comments_0
        ELSE CAST(FLOOR((comments_1 - comments_0) * part_1 + 0.5) AS INT64) END
      - CASE WHEN part_0 IS NULL THEN 0
        ELSE CAST(FLOOR((comments_1 - comments_0) * part_0 + 0.5) AS INT64) END) AS comments,
    SUM(CASE WHEN part_1 IS NULL THEN shares_1 - shares_0
        ELSE CAST(FLOOR((shares_1 - shares_0) * part_1 + 0.5) AS INT64) END
      - CASE WHEN part_0 IS NULL THEN 0
        ELSE CAST(FLOOR((shares_1 - shares_0) * part_0 + 0.5) AS INT64) END) AS shares,
    BIT_OR(mask) AS counters,
    BIT_OR(CASE WHEN ABS(k * 86400000000 - t0) <= 3600000000 OR ABS(k * 86400000000 - t1) <= 3600000000
      THEN mask ELSE 0 END) AS read_at_start,
    BIT_OR(CASE WHEN ABS((k + 1) * 86400000000 - t0) <= 3600000000 OR ABS((k + 1) * 86400000000 - t1) <= 3600000000
      THEN mask ELSE 0 END) AS read_at_end,
    MAX(CASE WHEN t1 > k * 86400000000 THEN t1 - t0 END) AS gap,
    MAX(t1 - t0) AS gap_before
  FROM touched
  GROUP BY item_id, k
)
SELECT gained.item_id, (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
  DATE_FROM_UNIX_DATE(gained.k) AS date,
  CAST(gained.video_views AS INT64) AS video_views,
  CAST(gained.likes AS INT64) AS likes,
  CAST(gained.comments AS INT64) AS comments,
  CAST(gained.shares AS INT64) AS shares,
  (gained.read_at_start & gained.read_at_end & gained.counters) <> gained.counters AS is_estimated,
  GREATEST(1, DIV((COALESCE(gained.gap, gained.gap_before) + 43200000000), 86400000000)) AS gap_days
FROM gained
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
touched AS (  -- each pair on each day that it touches, from day_0 to day_1
  SELECT pairs.*, k,
    CASE WHEN k > ((t0) / 86400000000)
      THEN CAST(k * 86400000000 - t0 AS DOUBLE PRECISION) / (t1 - t0) END AS part_0,
    CASE WHEN k < ((t1) / 86400000000)
      THEN CAST((k + 1) * 86400000000 - t0 AS DOUBLE PRECISION) / (t1 - t0) END AS part_1
  FROM pairs
  CROSS JOIN LATERAL generate_series(((t0) / 86400000000), ((t1) / 86400000000)) AS numbers(k)
),
gained AS (
  SELECT item_id, k,
    SUM(CASE WHEN part_1 IS NULL THEN video_views_1 - video_views_0
        ELSE CAST(FLOOR((video_views_1 - video_views_0) * part_1 + 0.5) AS BIGINT) END
      - CASE WHEN part_0 IS NULL THEN 0
        ELSE CAST(FLOOR((video_views_1 - video_views_0) * part_0 + 0.5) AS BIGINT) END) AS video_views,
    SUM(CASE WHEN part_1 IS NULL THEN likes_1 - likes_0
        ELSE CAST(FLOOR((likes_1 - likes_0) * part_1 + 0.5) AS BIGINT) END
      - CASE WHEN part_0 IS NULL THEN 0
        ELSE CAST(FLOOR((likes_1 - likes_0) * part_0 + 0.5) AS BIGINT) END) AS likes,
    SUM(CASE WHEN part_1 IS NULL THEN comments_1 - comments_0
        ELSE CAST(FLOOR((comments_1 - comments_0) * part_1 + 0.5) AS BIGINT) END
      - CASE WHEN part_0 IS NULL THEN 0
        ELSE CAST(FLOOR((comments_1 - comments_0) * part_0 + 0.5) AS BIGINT) END) AS comments,
    SUM(CASE WHEN part_1 IS NULL THEN shares_1 - shares_0
        ELSE CAST(FLOOR((shares_1 - shares_0) * part_1 + 0.5) AS BIGINT) END
      - CASE WHEN part_0 IS NULL THEN 0
        ELSE CAST(FLOOR((shares_1 - shares_0) * part_0 + 0.5) AS BIGINT) END) AS shares,
    BIT_OR(mask) AS counters,
    BIT_OR(CASE WHEN ABS(k * 86400000000 - t0) <= 3600000000 OR ABS(k * 86400000000 - t1) <= 3600000000
      THEN mask ELSE 0 END) AS read_at_start,
    BIT_OR(CASE WHEN ABS((k + 1) * 86400000000 - t0) <= 3600000000 OR ABS((k + 1) * 86400000000 - t1) <= 3600000000
      THEN mask ELSE 0 END) AS read_at_end,
    MAX(CASE WHEN t1 > k * 86400000000 THEN t1 - t0 END) AS gap,
    MAX(t1 - t0) AS gap_before
  FROM touched
  GROUP BY item_id, k
)
SELECT gained.item_id, (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
  DATE '1970-01-01' + CAST(gained.k AS INTEGER) AS date,
  CAST(gained.video_views AS BIGINT) AS video_views,
  CAST(gained.likes AS BIGINT) AS likes,
  CAST(gained.comments AS BIGINT) AS comments,
  CAST(gained.shares AS BIGINT) AS shares,
  (gained.read_at_start & gained.read_at_end & gained.counters) <> gained.counters AS is_estimated,
  GREATEST(1, ((COALESCE(gained.gap, gained.gap_before) + 43200000000) / 86400000000)) AS gap_days
FROM gained
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
touched AS (  -- each pair on each day that it touches, from day_0 to day_1
  SELECT pairs.*, k,
    CASE WHEN k > ((t0) // 86400000000)
      THEN CAST(k * 86400000000 - t0 AS DOUBLE) / (t1 - t0) END AS part_0,
    CASE WHEN k < ((t1) // 86400000000)
      THEN CAST((k + 1) * 86400000000 - t0 AS DOUBLE) / (t1 - t0) END AS part_1
  FROM pairs
  CROSS JOIN unnest(range(((t0) // 86400000000), ((t1) // 86400000000) + 1)) AS numbers(k)
),
gained AS (
  SELECT item_id, k,
    SUM(CASE WHEN part_1 IS NULL THEN video_views_1 - video_views_0
        ELSE CAST(FLOOR((video_views_1 - video_views_0) * part_1 + 0.5) AS BIGINT) END
      - CASE WHEN part_0 IS NULL THEN 0
        ELSE CAST(FLOOR((video_views_1 - video_views_0) * part_0 + 0.5) AS BIGINT) END) AS video_views,
    SUM(CASE WHEN part_1 IS NULL THEN likes_1 - likes_0
        ELSE CAST(FLOOR((likes_1 - likes_0) * part_1 + 0.5) AS BIGINT) END
      - CASE WHEN part_0 IS NULL THEN 0
        ELSE CAST(FLOOR((likes_1 - likes_0) * part_0 + 0.5) AS BIGINT) END) AS likes,
    SUM(CASE WHEN part_1 IS NULL THEN comments_1 - comments_0
        ELSE CAST(FLOOR((comments_1 - comments_0) * part_1 + 0.5) AS BIGINT) END
      - CASE WHEN part_0 IS NULL THEN 0
        ELSE CAST(FLOOR((comments_1 - comments_0) * part_0 + 0.5) AS BIGINT) END) AS comments,
    SUM(CASE WHEN part_1 IS NULL THEN shares_1 - shares_0
        ELSE CAST(FLOOR((shares_1 - shares_0) * part_1 + 0.5) AS BIGINT) END
      - CASE WHEN part_0 IS NULL THEN 0
        ELSE CAST(FLOOR((shares_1 - shares_0) * part_0 + 0.5) AS BIGINT) END) AS shares,
    BIT_OR(mask) AS counters,
    BIT_OR(CASE WHEN ABS(k * 86400000000 - t0) <= 3600000000 OR ABS(k * 86400000000 - t1) <= 3600000000
      THEN mask ELSE 0 END) AS read_at_start,
    BIT_OR(CASE WHEN ABS((k + 1) * 86400000000 - t0) <= 3600000000 OR ABS((k + 1) * 86400000000 - t1) <= 3600000000
      THEN mask ELSE 0 END) AS read_at_end,
    MAX(CASE WHEN t1 > k * 86400000000 THEN t1 - t0 END) AS gap,
    MAX(t1 - t0) AS gap_before
  FROM touched
  GROUP BY item_id, k
)
SELECT gained.item_id, (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
  DATE '1970-01-01' + CAST(gained.k AS INTEGER) AS date,
  CAST(gained.video_views AS BIGINT) AS video_views,
  CAST(gained.likes AS BIGINT) AS likes,
  CAST(gained.comments AS BIGINT) AS comments,
  CAST(gained.shares AS BIGINT) AS shares,
  (gained.read_at_start & gained.read_at_end & gained.counters) <> gained.counters AS is_estimated,
  GREATEST(1, ((COALESCE(gained.gap, gained.gap_before) + 43200000000) // 86400000000)) AS gap_days
FROM gained
{% endif %}
