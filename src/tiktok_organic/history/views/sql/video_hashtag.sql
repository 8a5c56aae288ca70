{%- import "dialect.sql" as sql with context -%}
SELECT DISTINCT video.item_id, video.account_id, {{ sql.itself() }} AS hashtag
FROM {{ table("video") }} AS video
CROSS JOIN {{ sql.items("video.hashtags") }}
