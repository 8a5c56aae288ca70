{# Made by `make docs` from src/tiktok_organic/history/views/sql. Do not change it here. #}
{% if target.type == "bigquery" %}
WITH account AS (  -- what holds for the account as of the last sync
  SELECT (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
    (SELECT MIN(CASE WHEN is_business_account THEN 1 ELSE 0 END) FROM {{ source("tiktok_organic", "profile") }}) AS business,
    (SELECT MAX(sync_date) FROM {{ source("tiktok_organic", "sync_run") }} WHERE status IN ('succeeded', 'partial')) AS last_sync,
    (SELECT MIN(date) FROM {{ source("tiktok_organic", "profile_daily_metric") }} WHERE
      video_views IS NOT NULL OR
      unique_video_views IS NOT NULL OR
      profile_views IS NOT NULL OR
      likes IS NOT NULL OR
      comments IS NOT NULL OR
      shares IS NOT NULL OR
      daily_new_followers IS NOT NULL OR
      daily_lost_followers IS NOT NULL OR
      daily_total_followers IS NOT NULL OR
      engaged_audience IS NOT NULL OR
      bio_link_clicks IS NOT NULL OR
      phone_number_clicks IS NOT NULL OR
      lead_submissions IS NOT NULL OR
      app_download_clicks IS NOT NULL OR
      email_clicks IS NOT NULL OR
      address_clicks IS NOT NULL) AS first_reported
),
empty_days AS (
  SELECT day._quanti_ad_account AS account_id, day.date, wanted.column_name,
    CASE
      WHEN COALESCE(STRPOS(run.withheld_columns, CONCAT('"profile_daily_metric.', wanted.column_name, '"')), 0) > 0 THEN 'permission_withheld'
      WHEN wanted.business = 1 AND account.business = 0 THEN 'not_business'
      WHEN wanted.hundred = 1 AND COALESCE(daily.followers < 100, day.audience_activity = '[]', FALSE) THEN 'under_100_followers'
      WHEN account.first_reported IS NULL OR day.date < account.first_reported THEN 'before_analytics'
      WHEN UNIX_MICROS(covered.last_read_at) < (UNIX_DATE(day.date) + 3) * 86400000000 THEN 'too_fresh'
      WHEN wanted.registered = 1 AND NOT CASE wanted.column_name
        WHEN 'bio_link_clicks' THEN ever.bio_link_clicks
        WHEN 'phone_number_clicks' THEN ever.phone_number_clicks
        WHEN 'lead_submissions' THEN ever.lead_submissions
        WHEN 'app_download_clicks' THEN ever.app_download_clicks
        WHEN 'email_clicks' THEN ever.email_clicks
        WHEN 'address_clicks' THEN ever.address_clicks ELSE FALSE END THEN 'not_registered_business'
      ELSE 'nothing_sent' END AS reason
  FROM {{ source("tiktok_organic", "profile_daily_metric") }} AS day
  CROSS JOIN account
  CROSS JOIN (
    SELECT
      COUNT(bio_link_clicks) > 0 AS bio_link_clicks,
      COUNT(phone_number_clicks) > 0 AS phone_number_clicks,
      COUNT(lead_submissions) > 0 AS lead_submissions,
      COUNT(app_download_clicks) > 0 AS app_download_clicks,
      COUNT(email_clicks) > 0 AS email_clicks,
      COUNT(address_clicks) > 0 AS address_clicks
    FROM {{ source("tiktok_organic", "profile_daily_metric") }}
  ) AS ever
  CROSS JOIN (
  SELECT 'video_views' AS column_name, 0 AS business, 0 AS hundred, 0 AS registered, 1 AS counted, 0 AS perishable
  UNION ALL SELECT 'unique_video_views', 1, 0, 0, 1, 0
  UNION ALL SELECT 'profile_views', 0, 0, 0, 1, 0
  UNION ALL SELECT 'likes', 0, 0, 0, 1, 0
  UNION ALL SELECT 'comments', 0, 0, 0, 1, 0
  UNION ALL SELECT 'shares', 0, 0, 0, 1, 0
  UNION ALL SELECT 'daily_new_followers', 1, 0, 0, 1, 0
  UNION ALL SELECT 'daily_lost_followers', 1, 0, 0, 1, 0
  UNION ALL SELECT 'daily_total_followers', 1, 0, 0, 1, 0
  UNION ALL SELECT 'engaged_audience', 1, 0, 0, 1, 0
  UNION ALL SELECT 'bio_link_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'phone_number_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'lead_submissions', 1, 0, 1, 1, 0
  UNION ALL SELECT 'app_download_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'email_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'address_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'audience_activity', 1, 1, 0, 1, 0) AS wanted
  LEFT JOIN {{ source("tiktok_organic", "coverage_day") }} AS covered ON covered.date = day.date
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = covered.last_read_at
  LEFT JOIN {{ ref("tiktok_organic__account_daily") }} AS daily ON daily.date = day.date
  WHERE CASE wanted.column_name
      WHEN 'video_views' THEN day.video_views IS NULL
      WHEN 'unique_video_views' THEN day.unique_video_views IS NULL
      WHEN 'profile_views' THEN day.profile_views IS NULL
      WHEN 'likes' THEN day.likes IS NULL
      WHEN 'comments' THEN day.comments IS NULL
      WHEN 'shares' THEN day.shares IS NULL
      WHEN 'daily_new_followers' THEN day.daily_new_followers IS NULL
      WHEN 'daily_lost_followers' THEN day.daily_lost_followers IS NULL
      WHEN 'daily_total_followers' THEN day.daily_total_followers IS NULL
      WHEN 'engaged_audience' THEN day.engaged_audience IS NULL
      WHEN 'bio_link_clicks' THEN day.bio_link_clicks IS NULL
      WHEN 'phone_number_clicks' THEN day.phone_number_clicks IS NULL
      WHEN 'lead_submissions' THEN day.lead_submissions IS NULL
      WHEN 'app_download_clicks' THEN day.app_download_clicks IS NULL
      WHEN 'email_clicks' THEN day.email_clicks IS NULL
      WHEN 'address_clicks' THEN day.address_clicks IS NULL
      WHEN 'audience_activity' THEN day.audience_activity IS NULL OR day.audience_activity = '[]' END
),
empty_profile AS (
  SELECT account.account_id, wanted.column_name,
    CASE
      WHEN COALESCE(STRPOS(run.withheld_columns, CONCAT('"profile.', wanted.column_name, '"')), 0) > 0 THEN 'permission_withheld'
      ELSE 'nothing_sent' END AS reason
  FROM {{ source("tiktok_organic", "profile") }} AS profile
  CROSS JOIN account
  CROSS JOIN (
  SELECT 'display_name' AS column_name, 0 AS business, 0 AS hundred, 0 AS registered, 0 AS counted, 0 AS perishable
  UNION ALL SELECT 'bio_description', 0, 0, 0, 0, 0
  UNION ALL SELECT 'profile_image', 0, 0, 0, 0, 0
  UNION ALL SELECT 'profile_deep_link', 0, 0, 0, 0, 0
  UNION ALL SELECT 'is_verified', 0, 0, 0, 0, 0
  UNION ALL SELECT 'is_business_account', 0, 0, 0, 0, 0) AS wanted
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = account.last_sync
  WHERE CASE wanted.column_name
      WHEN 'display_name' THEN profile.display_name IS NULL
      WHEN 'bio_description' THEN profile.bio_description IS NULL
      WHEN 'profile_image' THEN profile.profile_image IS NULL
      WHEN 'profile_deep_link' THEN profile.profile_deep_link IS NULL
      WHEN 'is_verified' THEN profile.is_verified IS NULL
      WHEN 'is_business_account' THEN profile.is_business_account IS NULL END
),
empty_snapshot AS (
  SELECT account.account_id, wanted.column_name,
    CASE
      WHEN COALESCE(STRPOS(run.withheld_columns, CONCAT('"profile_snapshot_metric.', wanted.column_name, '"')), 0) > 0 THEN 'permission_withheld'
      WHEN wanted.hundred = 1 AND COALESCE(snapshot.followers_count < 100, CASE wanted.column_name
        WHEN 'audience_countries' THEN snapshot.audience_countries = '[]'
        WHEN 'audience_cities' THEN snapshot.audience_cities = '[]'
        WHEN 'audience_ages' THEN snapshot.audience_ages = '[]'
        WHEN 'audience_genders' THEN snapshot.audience_genders = '[]' END, FALSE) THEN 'under_100_followers'
      WHEN wanted.hundred = 1 AND account.first_reported IS NULL THEN 'before_analytics'
      ELSE 'nothing_sent' END AS reason
  FROM {{ source("tiktok_organic", "profile_snapshot_metric") }} AS snapshot
  CROSS JOIN account
  CROSS JOIN (
  SELECT 'followers_count' AS column_name, 0 AS business, 0 AS hundred, 0 AS registered, 0 AS counted, 0 AS perishable
  UNION ALL SELECT 'following_count', 0, 0, 0, 0, 0
  UNION ALL SELECT 'total_likes', 0, 0, 0, 0, 0
  UNION ALL SELECT 'videos_count', 0, 0, 0, 0, 0
  UNION ALL SELECT 'audience_countries', 0, 1, 0, 1, 0
  UNION ALL SELECT 'audience_cities', 0, 1, 0, 1, 0
  UNION ALL SELECT 'audience_ages', 0, 1, 0, 1, 0
  UNION ALL SELECT 'audience_genders', 0, 1, 0, 1, 0) AS wanted
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = snapshot._quanti_sync_date
  WHERE snapshot._quanti_sync_date = (SELECT MAX(_quanti_sync_date) FROM {{ source("tiktok_organic", "profile_snapshot_metric") }})
    AND (CASE wanted.column_name
      WHEN 'followers_count' THEN snapshot.followers_count IS NULL
      WHEN 'following_count' THEN snapshot.following_count IS NULL
      WHEN 'total_likes' THEN snapshot.total_likes IS NULL
      WHEN 'videos_count' THEN snapshot.videos_count IS NULL
      WHEN 'audience_countries' THEN snapshot.audience_countries IS NULL OR snapshot.audience_countries = '[]'
      WHEN 'audience_cities' THEN snapshot.audience_cities IS NULL OR snapshot.audience_cities = '[]'
      WHEN 'audience_ages' THEN snapshot.audience_ages IS NULL OR snapshot.audience_ages = '[]'
      WHEN 'audience_genders' THEN snapshot.audience_genders IS NULL OR snapshot.audience_genders = '[]' END)
),
newest AS (
  SELECT item_id, MAX(_quanti_sync_date) AS sync_date,
    MIN(_quanti_sync_date) = (SELECT MIN(_quanti_sync_date) FROM {{ source("tiktok_organic", "video_snapshot_metric") }}) AS from_the_start,
    COUNT(reach)
    + COUNT(total_time_watched)
    + COUNT(average_time_watched)
    + COUNT(full_video_watched_rate)
    + COUNT(impression_sources)
    + COUNT(audience_countries) > 0 AS once_reported
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }}
  GROUP BY item_id
),
empty_video AS (
  SELECT account.account_id, video.item_id, wanted.column_name,
    CASE
      WHEN COALESCE(STRPOS(run.withheld_columns, CONCAT('"video_snapshot_metric.', wanted.column_name, '"')), 0) > 0 THEN 'permission_withheld'
      WHEN wanted.counted = 1 AND UNIX_MICROS(newest.sync_date) - UNIX_MICROS(video.create_time) < 172800000000 THEN 'too_fresh'
      WHEN wanted.counted = 1 AND UNIX_MICROS(newest.sync_date) - UNIX_MICROS(video.create_time) > 31536000000000 THEN 'frozen_video'
      WHEN wanted.perishable = 1 AND (newest.once_reported OR newest.from_the_start)
        AND video.reach IS NULL
        AND video.total_time_watched IS NULL
        AND video.average_time_watched IS NULL
        AND video.full_video_watched_rate IS NULL
        AND COALESCE(video.impression_sources, '[]') = '[]'
        AND COALESCE(video.audience_countries, '[]') = '[]' THEN 'idle_video'
      ELSE 'nothing_sent' END AS reason
  FROM newest
  JOIN {{ source("tiktok_organic", "video_snapshot_metric") }} AS video
    ON video.item_id = newest.item_id AND video._quanti_sync_date = newest.sync_date
  CROSS JOIN account
  CROSS JOIN (
  SELECT 'create_time' AS column_name, 0 AS business, 0 AS hundred, 0 AS registered, 0 AS counted, 0 AS perishable
  UNION ALL SELECT 'caption', 0, 0, 0, 0, 0
  UNION ALL SELECT 'thumbnail_url', 0, 0, 0, 0, 0
  UNION ALL SELECT 'embed_url', 0, 0, 0, 0, 0
  UNION ALL SELECT 'share_url', 0, 0, 0, 0, 0
  UNION ALL SELECT 'likes', 0, 0, 0, 1, 0
  UNION ALL SELECT 'comments', 0, 0, 0, 1, 0
  UNION ALL SELECT 'shares', 0, 0, 0, 1, 0
  UNION ALL SELECT 'video_views', 0, 0, 0, 1, 0
  UNION ALL SELECT 'reach', 0, 0, 0, 1, 1
  UNION ALL SELECT 'video_duration', 0, 0, 0, 1, 0
  UNION ALL SELECT 'total_time_watched', 0, 0, 0, 1, 1
  UNION ALL SELECT 'average_time_watched', 0, 0, 0, 1, 1
  UNION ALL SELECT 'full_video_watched_rate', 0, 0, 0, 1, 1
  UNION ALL SELECT 'impression_sources', 0, 0, 0, 1, 1
  UNION ALL SELECT 'audience_countries', 0, 0, 0, 1, 1) AS wanted
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = newest.sync_date
  WHERE CASE wanted.column_name
      WHEN 'create_time' THEN video.create_time IS NULL
      WHEN 'caption' THEN video.caption IS NULL
      WHEN 'thumbnail_url' THEN video.thumbnail_url IS NULL
      WHEN 'embed_url' THEN video.embed_url IS NULL
      WHEN 'share_url' THEN video.share_url IS NULL
      WHEN 'likes' THEN video.likes IS NULL
      WHEN 'comments' THEN video.comments IS NULL
      WHEN 'shares' THEN video.shares IS NULL
      WHEN 'video_views' THEN video.video_views IS NULL
      WHEN 'reach' THEN video.reach IS NULL
      WHEN 'video_duration' THEN video.video_duration IS NULL
      WHEN 'total_time_watched' THEN video.total_time_watched IS NULL
      WHEN 'average_time_watched' THEN video.average_time_watched IS NULL
      WHEN 'full_video_watched_rate' THEN video.full_video_watched_rate IS NULL
      WHEN 'impression_sources' THEN video.impression_sources IS NULL OR video.impression_sources = '[]'
      WHEN 'audience_countries' THEN video.audience_countries IS NULL OR video.audience_countries = '[]' END
)
SELECT account_id, CAST(NULL AS STRING) AS item_id, date, 'profile_daily_metric' AS table_name, column_name, reason
FROM empty_days
UNION ALL
SELECT account_id, CAST(NULL AS STRING), CAST(NULL AS DATE), 'profile', column_name, reason FROM empty_profile
UNION ALL
SELECT account_id, CAST(NULL AS STRING), CAST(NULL AS DATE), 'profile_snapshot_metric', column_name, reason FROM empty_snapshot
UNION ALL
SELECT account_id, item_id, CAST(NULL AS DATE), 'video_snapshot_metric', column_name, reason FROM empty_video
{% elif target.type == "postgres" %}
WITH account AS (  -- what holds for the account as of the last sync
  SELECT (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
    (SELECT MIN(CASE WHEN is_business_account THEN 1 ELSE 0 END) FROM {{ source("tiktok_organic", "profile") }}) AS business,
    (SELECT MAX(sync_date) FROM {{ source("tiktok_organic", "sync_run") }} WHERE status IN ('succeeded', 'partial')) AS last_sync,
    (SELECT MIN(date) FROM {{ source("tiktok_organic", "profile_daily_metric") }} WHERE
      video_views IS NOT NULL OR
      unique_video_views IS NOT NULL OR
      profile_views IS NOT NULL OR
      likes IS NOT NULL OR
      comments IS NOT NULL OR
      shares IS NOT NULL OR
      daily_new_followers IS NOT NULL OR
      daily_lost_followers IS NOT NULL OR
      daily_total_followers IS NOT NULL OR
      engaged_audience IS NOT NULL OR
      bio_link_clicks IS NOT NULL OR
      phone_number_clicks IS NOT NULL OR
      lead_submissions IS NOT NULL OR
      app_download_clicks IS NOT NULL OR
      email_clicks IS NOT NULL OR
      address_clicks IS NOT NULL) AS first_reported
),
empty_days AS (
  SELECT day._quanti_ad_account AS account_id, day.date, wanted.column_name,
    CASE
      WHEN COALESCE(STRPOS(run.withheld_columns, CONCAT('"profile_daily_metric.', wanted.column_name, '"')), 0) > 0 THEN 'permission_withheld'
      WHEN wanted.business = 1 AND account.business = 0 THEN 'not_business'
      WHEN wanted.hundred = 1 AND COALESCE(daily.followers < 100, day.audience_activity = '[]', FALSE) THEN 'under_100_followers'
      WHEN account.first_reported IS NULL OR day.date < account.first_reported THEN 'before_analytics'
      WHEN CAST(EXTRACT(EPOCH FROM covered.last_read_at) * 1000000 AS BIGINT) < (CAST(day.date - DATE '1970-01-01' AS BIGINT) + 3) * 86400000000 THEN 'too_fresh'
      WHEN wanted.registered = 1 AND NOT CASE wanted.column_name
        WHEN 'bio_link_clicks' THEN ever.bio_link_clicks
        WHEN 'phone_number_clicks' THEN ever.phone_number_clicks
        WHEN 'lead_submissions' THEN ever.lead_submissions
        WHEN 'app_download_clicks' THEN ever.app_download_clicks
        WHEN 'email_clicks' THEN ever.email_clicks
        WHEN 'address_clicks' THEN ever.address_clicks ELSE FALSE END THEN 'not_registered_business'
      ELSE 'nothing_sent' END AS reason
  FROM {{ source("tiktok_organic", "profile_daily_metric") }} AS day
  CROSS JOIN account
  CROSS JOIN (
    SELECT
      COUNT(bio_link_clicks) > 0 AS bio_link_clicks,
      COUNT(phone_number_clicks) > 0 AS phone_number_clicks,
      COUNT(lead_submissions) > 0 AS lead_submissions,
      COUNT(app_download_clicks) > 0 AS app_download_clicks,
      COUNT(email_clicks) > 0 AS email_clicks,
      COUNT(address_clicks) > 0 AS address_clicks
    FROM {{ source("tiktok_organic", "profile_daily_metric") }}
  ) AS ever
  CROSS JOIN (
  SELECT 'video_views' AS column_name, 0 AS business, 0 AS hundred, 0 AS registered, 1 AS counted, 0 AS perishable
  UNION ALL SELECT 'unique_video_views', 1, 0, 0, 1, 0
  UNION ALL SELECT 'profile_views', 0, 0, 0, 1, 0
  UNION ALL SELECT 'likes', 0, 0, 0, 1, 0
  UNION ALL SELECT 'comments', 0, 0, 0, 1, 0
  UNION ALL SELECT 'shares', 0, 0, 0, 1, 0
  UNION ALL SELECT 'daily_new_followers', 1, 0, 0, 1, 0
  UNION ALL SELECT 'daily_lost_followers', 1, 0, 0, 1, 0
  UNION ALL SELECT 'daily_total_followers', 1, 0, 0, 1, 0
  UNION ALL SELECT 'engaged_audience', 1, 0, 0, 1, 0
  UNION ALL SELECT 'bio_link_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'phone_number_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'lead_submissions', 1, 0, 1, 1, 0
  UNION ALL SELECT 'app_download_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'email_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'address_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'audience_activity', 1, 1, 0, 1, 0) AS wanted
  LEFT JOIN {{ source("tiktok_organic", "coverage_day") }} AS covered ON covered.date = day.date
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = covered.last_read_at
  LEFT JOIN {{ ref("tiktok_organic__account_daily") }} AS daily ON daily.date = day.date
  WHERE CASE wanted.column_name
      WHEN 'video_views' THEN day.video_views IS NULL
      WHEN 'unique_video_views' THEN day.unique_video_views IS NULL
      WHEN 'profile_views' THEN day.profile_views IS NULL
      WHEN 'likes' THEN day.likes IS NULL
      WHEN 'comments' THEN day.comments IS NULL
      WHEN 'shares' THEN day.shares IS NULL
      WHEN 'daily_new_followers' THEN day.daily_new_followers IS NULL
      WHEN 'daily_lost_followers' THEN day.daily_lost_followers IS NULL
      WHEN 'daily_total_followers' THEN day.daily_total_followers IS NULL
      WHEN 'engaged_audience' THEN day.engaged_audience IS NULL
      WHEN 'bio_link_clicks' THEN day.bio_link_clicks IS NULL
      WHEN 'phone_number_clicks' THEN day.phone_number_clicks IS NULL
      WHEN 'lead_submissions' THEN day.lead_submissions IS NULL
      WHEN 'app_download_clicks' THEN day.app_download_clicks IS NULL
      WHEN 'email_clicks' THEN day.email_clicks IS NULL
      WHEN 'address_clicks' THEN day.address_clicks IS NULL
      WHEN 'audience_activity' THEN day.audience_activity IS NULL OR day.audience_activity = '[]' END
),
empty_profile AS (
  SELECT account.account_id, wanted.column_name,
    CASE
      WHEN COALESCE(STRPOS(run.withheld_columns, CONCAT('"profile.', wanted.column_name, '"')), 0) > 0 THEN 'permission_withheld'
      ELSE 'nothing_sent' END AS reason
  FROM {{ source("tiktok_organic", "profile") }} AS profile
  CROSS JOIN account
  CROSS JOIN (
  SELECT 'display_name' AS column_name, 0 AS business, 0 AS hundred, 0 AS registered, 0 AS counted, 0 AS perishable
  UNION ALL SELECT 'bio_description', 0, 0, 0, 0, 0
  UNION ALL SELECT 'profile_image', 0, 0, 0, 0, 0
  UNION ALL SELECT 'profile_deep_link', 0, 0, 0, 0, 0
  UNION ALL SELECT 'is_verified', 0, 0, 0, 0, 0
  UNION ALL SELECT 'is_business_account', 0, 0, 0, 0, 0) AS wanted
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = account.last_sync
  WHERE CASE wanted.column_name
      WHEN 'display_name' THEN profile.display_name IS NULL
      WHEN 'bio_description' THEN profile.bio_description IS NULL
      WHEN 'profile_image' THEN profile.profile_image IS NULL
      WHEN 'profile_deep_link' THEN profile.profile_deep_link IS NULL
      WHEN 'is_verified' THEN profile.is_verified IS NULL
      WHEN 'is_business_account' THEN profile.is_business_account IS NULL END
),
empty_snapshot AS (
  SELECT account.account_id, wanted.column_name,
    CASE
      WHEN COALESCE(STRPOS(run.withheld_columns, CONCAT('"profile_snapshot_metric.', wanted.column_name, '"')), 0) > 0 THEN 'permission_withheld'
      WHEN wanted.hundred = 1 AND COALESCE(snapshot.followers_count < 100, CASE wanted.column_name
        WHEN 'audience_countries' THEN snapshot.audience_countries = '[]'
        WHEN 'audience_cities' THEN snapshot.audience_cities = '[]'
        WHEN 'audience_ages' THEN snapshot.audience_ages = '[]'
        WHEN 'audience_genders' THEN snapshot.audience_genders = '[]' END, FALSE) THEN 'under_100_followers'
      WHEN wanted.hundred = 1 AND account.first_reported IS NULL THEN 'before_analytics'
      ELSE 'nothing_sent' END AS reason
  FROM {{ source("tiktok_organic", "profile_snapshot_metric") }} AS snapshot
  CROSS JOIN account
  CROSS JOIN (
  SELECT 'followers_count' AS column_name, 0 AS business, 0 AS hundred, 0 AS registered, 0 AS counted, 0 AS perishable
  UNION ALL SELECT 'following_count', 0, 0, 0, 0, 0
  UNION ALL SELECT 'total_likes', 0, 0, 0, 0, 0
  UNION ALL SELECT 'videos_count', 0, 0, 0, 0, 0
  UNION ALL SELECT 'audience_countries', 0, 1, 0, 1, 0
  UNION ALL SELECT 'audience_cities', 0, 1, 0, 1, 0
  UNION ALL SELECT 'audience_ages', 0, 1, 0, 1, 0
  UNION ALL SELECT 'audience_genders', 0, 1, 0, 1, 0) AS wanted
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = snapshot._quanti_sync_date
  WHERE snapshot._quanti_sync_date = (SELECT MAX(_quanti_sync_date) FROM {{ source("tiktok_organic", "profile_snapshot_metric") }})
    AND (CASE wanted.column_name
      WHEN 'followers_count' THEN snapshot.followers_count IS NULL
      WHEN 'following_count' THEN snapshot.following_count IS NULL
      WHEN 'total_likes' THEN snapshot.total_likes IS NULL
      WHEN 'videos_count' THEN snapshot.videos_count IS NULL
      WHEN 'audience_countries' THEN snapshot.audience_countries IS NULL OR snapshot.audience_countries = '[]'
      WHEN 'audience_cities' THEN snapshot.audience_cities IS NULL OR snapshot.audience_cities = '[]'
      WHEN 'audience_ages' THEN snapshot.audience_ages IS NULL OR snapshot.audience_ages = '[]'
      WHEN 'audience_genders' THEN snapshot.audience_genders IS NULL OR snapshot.audience_genders = '[]' END)
),
newest AS (
  SELECT item_id, MAX(_quanti_sync_date) AS sync_date,
    MIN(_quanti_sync_date) = (SELECT MIN(_quanti_sync_date) FROM {{ source("tiktok_organic", "video_snapshot_metric") }}) AS from_the_start,
    COUNT(reach)
    + COUNT(total_time_watched)
    + COUNT(average_time_watched)
    + COUNT(full_video_watched_rate)
    + COUNT(impression_sources)
    + COUNT(audience_countries) > 0 AS once_reported
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }}
  GROUP BY item_id
),
empty_video AS (
  SELECT account.account_id, video.item_id, wanted.column_name,
    CASE
      WHEN COALESCE(STRPOS(run.withheld_columns, CONCAT('"video_snapshot_metric.', wanted.column_name, '"')), 0) > 0 THEN 'permission_withheld'
      WHEN wanted.counted = 1 AND CAST(EXTRACT(EPOCH FROM newest.sync_date) * 1000000 AS BIGINT) - CAST(EXTRACT(EPOCH FROM video.create_time) * 1000000 AS BIGINT) < 172800000000 THEN 'too_fresh'
      WHEN wanted.counted = 1 AND CAST(EXTRACT(EPOCH FROM newest.sync_date) * 1000000 AS BIGINT) - CAST(EXTRACT(EPOCH FROM video.create_time) * 1000000 AS BIGINT) > 31536000000000 THEN 'frozen_video'
      WHEN wanted.perishable = 1 AND (newest.once_reported OR newest.from_the_start)
        AND video.reach IS NULL
        AND video.total_time_watched IS NULL
        AND video.average_time_watched IS NULL
        AND video.full_video_watched_rate IS NULL
        AND COALESCE(video.impression_sources, '[]') = '[]'
        AND COALESCE(video.audience_countries, '[]') = '[]' THEN 'idle_video'
      ELSE 'nothing_sent' END AS reason
  FROM newest
  JOIN {{ source("tiktok_organic", "video_snapshot_metric") }} AS video
    ON video.item_id = newest.item_id AND video._quanti_sync_date = newest.sync_date
  CROSS JOIN account
  CROSS JOIN (
  SELECT 'create_time' AS column_name, 0 AS business, 0 AS hundred, 0 AS registered, 0 AS counted, 0 AS perishable
  UNION ALL SELECT 'caption', 0, 0, 0, 0, 0
  UNION ALL SELECT 'thumbnail_url', 0, 0, 0, 0, 0
  UNION ALL SELECT 'embed_url', 0, 0, 0, 0, 0
  UNION ALL SELECT 'share_url', 0, 0, 0, 0, 0
  UNION ALL SELECT 'likes', 0, 0, 0, 1, 0
  UNION ALL SELECT 'comments', 0, 0, 0, 1, 0
  UNION ALL SELECT 'shares', 0, 0, 0, 1, 0
  UNION ALL SELECT 'video_views', 0, 0, 0, 1, 0
  UNION ALL SELECT 'reach', 0, 0, 0, 1, 1
  UNION ALL SELECT 'video_duration', 0, 0, 0, 1, 0
  UNION ALL SELECT 'total_time_watched', 0, 0, 0, 1, 1
  UNION ALL SELECT 'average_time_watched', 0, 0, 0, 1, 1
  UNION ALL SELECT 'full_video_watched_rate', 0, 0, 0, 1, 1
  UNION ALL SELECT 'impression_sources', 0, 0, 0, 1, 1
  UNION ALL SELECT 'audience_countries', 0, 0, 0, 1, 1) AS wanted
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = newest.sync_date
  WHERE CASE wanted.column_name
      WHEN 'create_time' THEN video.create_time IS NULL
      WHEN 'caption' THEN video.caption IS NULL
      WHEN 'thumbnail_url' THEN video.thumbnail_url IS NULL
      WHEN 'embed_url' THEN video.embed_url IS NULL
      WHEN 'share_url' THEN video.share_url IS NULL
      WHEN 'likes' THEN video.likes IS NULL
      WHEN 'comments' THEN video.comments IS NULL
      WHEN 'shares' THEN video.shares IS NULL
      WHEN 'video_views' THEN video.video_views IS NULL
      WHEN 'reach' THEN video.reach IS NULL
      WHEN 'video_duration' THEN video.video_duration IS NULL
      WHEN 'total_time_watched' THEN video.total_time_watched IS NULL
      WHEN 'average_time_watched' THEN video.average_time_watched IS NULL
      WHEN 'full_video_watched_rate' THEN video.full_video_watched_rate IS NULL
      WHEN 'impression_sources' THEN video.impression_sources IS NULL OR video.impression_sources = '[]'
      WHEN 'audience_countries' THEN video.audience_countries IS NULL OR video.audience_countries = '[]' END
)
SELECT account_id, CAST(NULL AS TEXT) AS item_id, date, 'profile_daily_metric' AS table_name, column_name, reason
FROM empty_days
UNION ALL
SELECT account_id, CAST(NULL AS TEXT), CAST(NULL AS DATE), 'profile', column_name, reason FROM empty_profile
UNION ALL
SELECT account_id, CAST(NULL AS TEXT), CAST(NULL AS DATE), 'profile_snapshot_metric', column_name, reason FROM empty_snapshot
UNION ALL
SELECT account_id, item_id, CAST(NULL AS DATE), 'video_snapshot_metric', column_name, reason FROM empty_video
{% else %}
WITH account AS (  -- what holds for the account as of the last sync
  SELECT (SELECT MAX(account_id) FROM {{ source("tiktok_organic", "sync_run") }}) AS account_id,
    (SELECT MIN(CASE WHEN is_business_account THEN 1 ELSE 0 END) FROM {{ source("tiktok_organic", "profile") }}) AS business,
    (SELECT MAX(sync_date) FROM {{ source("tiktok_organic", "sync_run") }} WHERE status IN ('succeeded', 'partial')) AS last_sync,
    (SELECT MIN(date) FROM {{ source("tiktok_organic", "profile_daily_metric") }} WHERE
      video_views IS NOT NULL OR
      unique_video_views IS NOT NULL OR
      profile_views IS NOT NULL OR
      likes IS NOT NULL OR
      comments IS NOT NULL OR
      shares IS NOT NULL OR
      daily_new_followers IS NOT NULL OR
      daily_lost_followers IS NOT NULL OR
      daily_total_followers IS NOT NULL OR
      engaged_audience IS NOT NULL OR
      bio_link_clicks IS NOT NULL OR
      phone_number_clicks IS NOT NULL OR
      lead_submissions IS NOT NULL OR
      app_download_clicks IS NOT NULL OR
      email_clicks IS NOT NULL OR
      address_clicks IS NOT NULL) AS first_reported
),
empty_days AS (
  SELECT day._quanti_ad_account AS account_id, day.date, wanted.column_name,
    CASE
      WHEN COALESCE(STRPOS(run.withheld_columns, CONCAT('"profile_daily_metric.', wanted.column_name, '"')), 0) > 0 THEN 'permission_withheld'
      WHEN wanted.business = 1 AND account.business = 0 THEN 'not_business'
      WHEN wanted.hundred = 1 AND COALESCE(daily.followers < 100, day.audience_activity = '[]', FALSE) THEN 'under_100_followers'
      WHEN account.first_reported IS NULL OR day.date < account.first_reported THEN 'before_analytics'
      WHEN epoch_us(covered.last_read_at) < (CAST(date_diff('day', DATE '1970-01-01', day.date) AS BIGINT) + 3) * 86400000000 THEN 'too_fresh'
      WHEN wanted.registered = 1 AND NOT CASE wanted.column_name
        WHEN 'bio_link_clicks' THEN ever.bio_link_clicks
        WHEN 'phone_number_clicks' THEN ever.phone_number_clicks
        WHEN 'lead_submissions' THEN ever.lead_submissions
        WHEN 'app_download_clicks' THEN ever.app_download_clicks
        WHEN 'email_clicks' THEN ever.email_clicks
        WHEN 'address_clicks' THEN ever.address_clicks ELSE FALSE END THEN 'not_registered_business'
      ELSE 'nothing_sent' END AS reason
  FROM {{ source("tiktok_organic", "profile_daily_metric") }} AS day
  CROSS JOIN account
  CROSS JOIN (
    SELECT
      COUNT(bio_link_clicks) > 0 AS bio_link_clicks,
      COUNT(phone_number_clicks) > 0 AS phone_number_clicks,
      COUNT(lead_submissions) > 0 AS lead_submissions,
      COUNT(app_download_clicks) > 0 AS app_download_clicks,
      COUNT(email_clicks) > 0 AS email_clicks,
      COUNT(address_clicks) > 0 AS address_clicks
    FROM {{ source("tiktok_organic", "profile_daily_metric") }}
  ) AS ever
  CROSS JOIN (
  SELECT 'video_views' AS column_name, 0 AS business, 0 AS hundred, 0 AS registered, 1 AS counted, 0 AS perishable
  UNION ALL SELECT 'unique_video_views', 1, 0, 0, 1, 0
  UNION ALL SELECT 'profile_views', 0, 0, 0, 1, 0
  UNION ALL SELECT 'likes', 0, 0, 0, 1, 0
  UNION ALL SELECT 'comments', 0, 0, 0, 1, 0
  UNION ALL SELECT 'shares', 0, 0, 0, 1, 0
  UNION ALL SELECT 'daily_new_followers', 1, 0, 0, 1, 0
  UNION ALL SELECT 'daily_lost_followers', 1, 0, 0, 1, 0
  UNION ALL SELECT 'daily_total_followers', 1, 0, 0, 1, 0
  UNION ALL SELECT 'engaged_audience', 1, 0, 0, 1, 0
  UNION ALL SELECT 'bio_link_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'phone_number_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'lead_submissions', 1, 0, 1, 1, 0
  UNION ALL SELECT 'app_download_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'email_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'address_clicks', 1, 0, 1, 1, 0
  UNION ALL SELECT 'audience_activity', 1, 1, 0, 1, 0) AS wanted
  LEFT JOIN {{ source("tiktok_organic", "coverage_day") }} AS covered ON covered.date = day.date
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = covered.last_read_at
  LEFT JOIN {{ ref("tiktok_organic__account_daily") }} AS daily ON daily.date = day.date
  WHERE CASE wanted.column_name
      WHEN 'video_views' THEN day.video_views IS NULL
      WHEN 'unique_video_views' THEN day.unique_video_views IS NULL
      WHEN 'profile_views' THEN day.profile_views IS NULL
      WHEN 'likes' THEN day.likes IS NULL
      WHEN 'comments' THEN day.comments IS NULL
      WHEN 'shares' THEN day.shares IS NULL
      WHEN 'daily_new_followers' THEN day.daily_new_followers IS NULL
      WHEN 'daily_lost_followers' THEN day.daily_lost_followers IS NULL
      WHEN 'daily_total_followers' THEN day.daily_total_followers IS NULL
      WHEN 'engaged_audience' THEN day.engaged_audience IS NULL
      WHEN 'bio_link_clicks' THEN day.bio_link_clicks IS NULL
      WHEN 'phone_number_clicks' THEN day.phone_number_clicks IS NULL
      WHEN 'lead_submissions' THEN day.lead_submissions IS NULL
      WHEN 'app_download_clicks' THEN day.app_download_clicks IS NULL
      WHEN 'email_clicks' THEN day.email_clicks IS NULL
      WHEN 'address_clicks' THEN day.address_clicks IS NULL
      WHEN 'audience_activity' THEN day.audience_activity IS NULL OR day.audience_activity = '[]' END
),
empty_profile AS (
  SELECT account.account_id, wanted.column_name,
    CASE
      WHEN COALESCE(STRPOS(run.withheld_columns, CONCAT('"profile.', wanted.column_name, '"')), 0) > 0 THEN 'permission_withheld'
      ELSE 'nothing_sent' END AS reason
  FROM {{ source("tiktok_organic", "profile") }} AS profile
  CROSS JOIN account
  CROSS JOIN (
  SELECT 'display_name' AS column_name, 0 AS business, 0 AS hundred, 0 AS registered, 0 AS counted, 0 AS perishable
  UNION ALL SELECT 'bio_description', 0, 0, 0, 0, 0
  UNION ALL SELECT 'profile_image', 0, 0, 0, 0, 0
  UNION ALL SELECT 'profile_deep_link', 0, 0, 0, 0, 0
  UNION ALL SELECT 'is_verified', 0, 0, 0, 0, 0
  UNION ALL SELECT 'is_business_account', 0, 0, 0, 0, 0) AS wanted
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = account.last_sync
  WHERE CASE wanted.column_name
      WHEN 'display_name' THEN profile.display_name IS NULL
      WHEN 'bio_description' THEN profile.bio_description IS NULL
      WHEN 'profile_image' THEN profile.profile_image IS NULL
      WHEN 'profile_deep_link' THEN profile.profile_deep_link IS NULL
      WHEN 'is_verified' THEN profile.is_verified IS NULL
      WHEN 'is_business_account' THEN profile.is_business_account IS NULL END
),
empty_snapshot AS (
  SELECT account.account_id, wanted.column_name,
    CASE
      WHEN COALESCE(STRPOS(run.withheld_columns, CONCAT('"profile_snapshot_metric.', wanted.column_name, '"')), 0) > 0 THEN 'permission_withheld'
      WHEN wanted.hundred = 1 AND COALESCE(snapshot.followers_count < 100, CASE wanted.column_name
        WHEN 'audience_countries' THEN snapshot.audience_countries = '[]'
        WHEN 'audience_cities' THEN snapshot.audience_cities = '[]'
        WHEN 'audience_ages' THEN snapshot.audience_ages = '[]'
        WHEN 'audience_genders' THEN snapshot.audience_genders = '[]' END, FALSE) THEN 'under_100_followers'
      WHEN wanted.hundred = 1 AND account.first_reported IS NULL THEN 'before_analytics'
      ELSE 'nothing_sent' END AS reason
  FROM {{ source("tiktok_organic", "profile_snapshot_metric") }} AS snapshot
  CROSS JOIN account
  CROSS JOIN (
  SELECT 'followers_count' AS column_name, 0 AS business, 0 AS hundred, 0 AS registered, 0 AS counted, 0 AS perishable
  UNION ALL SELECT 'following_count', 0, 0, 0, 0, 0
  UNION ALL SELECT 'total_likes', 0, 0, 0, 0, 0
  UNION ALL SELECT 'videos_count', 0, 0, 0, 0, 0
  UNION ALL SELECT 'audience_countries', 0, 1, 0, 1, 0
  UNION ALL SELECT 'audience_cities', 0, 1, 0, 1, 0
  UNION ALL SELECT 'audience_ages', 0, 1, 0, 1, 0
  UNION ALL SELECT 'audience_genders', 0, 1, 0, 1, 0) AS wanted
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = snapshot._quanti_sync_date
  WHERE snapshot._quanti_sync_date = (SELECT MAX(_quanti_sync_date) FROM {{ source("tiktok_organic", "profile_snapshot_metric") }})
    AND (CASE wanted.column_name
      WHEN 'followers_count' THEN snapshot.followers_count IS NULL
      WHEN 'following_count' THEN snapshot.following_count IS NULL
      WHEN 'total_likes' THEN snapshot.total_likes IS NULL
      WHEN 'videos_count' THEN snapshot.videos_count IS NULL
      WHEN 'audience_countries' THEN snapshot.audience_countries IS NULL OR snapshot.audience_countries = '[]'
      WHEN 'audience_cities' THEN snapshot.audience_cities IS NULL OR snapshot.audience_cities = '[]'
      WHEN 'audience_ages' THEN snapshot.audience_ages IS NULL OR snapshot.audience_ages = '[]'
      WHEN 'audience_genders' THEN snapshot.audience_genders IS NULL OR snapshot.audience_genders = '[]' END)
),
newest AS (
  SELECT item_id, MAX(_quanti_sync_date) AS sync_date,
    MIN(_quanti_sync_date) = (SELECT MIN(_quanti_sync_date) FROM {{ source("tiktok_organic", "video_snapshot_metric") }}) AS from_the_start,
    COUNT(reach)
    + COUNT(total_time_watched)
    + COUNT(average_time_watched)
    + COUNT(full_video_watched_rate)
    + COUNT(impression_sources)
    + COUNT(audience_countries) > 0 AS once_reported
  FROM {{ source("tiktok_organic", "video_snapshot_metric") }}
  GROUP BY item_id
),
empty_video AS (
  SELECT account.account_id, video.item_id, wanted.column_name,
    CASE
      WHEN COALESCE(STRPOS(run.withheld_columns, CONCAT('"video_snapshot_metric.', wanted.column_name, '"')), 0) > 0 THEN 'permission_withheld'
      WHEN wanted.counted = 1 AND epoch_us(newest.sync_date) - epoch_us(video.create_time) < 172800000000 THEN 'too_fresh'
      WHEN wanted.counted = 1 AND epoch_us(newest.sync_date) - epoch_us(video.create_time) > 31536000000000 THEN 'frozen_video'
      WHEN wanted.perishable = 1 AND (newest.once_reported OR newest.from_the_start)
        AND video.reach IS NULL
        AND video.total_time_watched IS NULL
        AND video.average_time_watched IS NULL
        AND video.full_video_watched_rate IS NULL
        AND COALESCE(video.impression_sources, '[]') = '[]'
        AND COALESCE(video.audience_countries, '[]') = '[]' THEN 'idle_video'
      ELSE 'nothing_sent' END AS reason
  FROM newest
  JOIN {{ source("tiktok_organic", "video_snapshot_metric") }} AS video
    ON video.item_id = newest.item_id AND video._quanti_sync_date = newest.sync_date
  CROSS JOIN account
  CROSS JOIN (
  SELECT 'create_time' AS column_name, 0 AS business, 0 AS hundred, 0 AS registered, 0 AS counted, 0 AS perishable
  UNION ALL SELECT 'caption', 0, 0, 0, 0, 0
  UNION ALL SELECT 'thumbnail_url', 0, 0, 0, 0, 0
  UNION ALL SELECT 'embed_url', 0, 0, 0, 0, 0
  UNION ALL SELECT 'share_url', 0, 0, 0, 0, 0
  UNION ALL SELECT 'likes', 0, 0, 0, 1, 0
  UNION ALL SELECT 'comments', 0, 0, 0, 1, 0
  UNION ALL SELECT 'shares', 0, 0, 0, 1, 0
  UNION ALL SELECT 'video_views', 0, 0, 0, 1, 0
  UNION ALL SELECT 'reach', 0, 0, 0, 1, 1
  UNION ALL SELECT 'video_duration', 0, 0, 0, 1, 0
  UNION ALL SELECT 'total_time_watched', 0, 0, 0, 1, 1
  UNION ALL SELECT 'average_time_watched', 0, 0, 0, 1, 1
  UNION ALL SELECT 'full_video_watched_rate', 0, 0, 0, 1, 1
  UNION ALL SELECT 'impression_sources', 0, 0, 0, 1, 1
  UNION ALL SELECT 'audience_countries', 0, 0, 0, 1, 1) AS wanted
  LEFT JOIN {{ source("tiktok_organic", "sync_run") }} AS run ON run.sync_date = newest.sync_date
  WHERE CASE wanted.column_name
      WHEN 'create_time' THEN video.create_time IS NULL
      WHEN 'caption' THEN video.caption IS NULL
      WHEN 'thumbnail_url' THEN video.thumbnail_url IS NULL
      WHEN 'embed_url' THEN video.embed_url IS NULL
      WHEN 'share_url' THEN video.share_url IS NULL
      WHEN 'likes' THEN video.likes IS NULL
      WHEN 'comments' THEN video.comments IS NULL
      WHEN 'shares' THEN video.shares IS NULL
      WHEN 'video_views' THEN video.video_views IS NULL
      WHEN 'reach' THEN video.reach IS NULL
      WHEN 'video_duration' THEN video.video_duration IS NULL
      WHEN 'total_time_watched' THEN video.total_time_watched IS NULL
      WHEN 'average_time_watched' THEN video.average_time_watched IS NULL
      WHEN 'full_video_watched_rate' THEN video.full_video_watched_rate IS NULL
      WHEN 'impression_sources' THEN video.impression_sources IS NULL OR video.impression_sources = '[]'
      WHEN 'audience_countries' THEN video.audience_countries IS NULL OR video.audience_countries = '[]' END
)
SELECT account_id, CAST(NULL AS VARCHAR) AS item_id, date, 'profile_daily_metric' AS table_name, column_name, reason
FROM empty_days
UNION ALL
SELECT account_id, CAST(NULL AS VARCHAR), CAST(NULL AS DATE), 'profile', column_name, reason FROM empty_profile
UNION ALL
SELECT account_id, CAST(NULL AS VARCHAR), CAST(NULL AS DATE), 'profile_snapshot_metric', column_name, reason FROM empty_snapshot
UNION ALL
SELECT account_id, item_id, CAST(NULL AS DATE), 'video_snapshot_metric', column_name, reason FROM empty_video
{% endif %}
