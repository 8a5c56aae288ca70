{# The columns of Fivetran's social media rollup, so that TikTok's posts stand beside those of other
   platforms. TikTok counts no clicks on a post and no impressions; a view is the nearest to an
   impression. Figures are totals since the post was published. #}
SELECT
  'tiktok' AS platform,
  video.account_id AS page_id,
  account.display_name AS page_name,
  video.item_id AS post_id,
  video.caption AS post_message,
  video.share_url AS post_url,
  video.create_time AS created_timestamp,
  CAST(NULL AS {{ dbt.type_bigint() }}) AS clicks,
  video.video_views AS impressions,
  video.likes AS likes,
  video.shares AS shares,
  video.comments AS comments
FROM {{ ref("tiktok_organic__video_latest") }} AS video
LEFT JOIN {{ source("tiktok_organic", "profile") }} AS account ON 1 = 1
