{# Made by `make docs` from src/tiktok_organic/history/views/sql. Do not change it here. #}
{% if target.type == "bigquery" %}
SELECT DISTINCT video.item_id, video.account_id, JSON_VALUE(item) AS hashtag
FROM {{ source("tiktok_organic", "video") }} AS video
CROSS JOIN UNNEST(JSON_QUERY_ARRAY(CASE WHEN video.hashtags LIKE '[%' THEN video.hashtags ELSE '[]' END)) AS item
{% elif target.type == "postgres" %}
SELECT DISTINCT video.item_id, video.account_id, (item #>> '{}') AS hashtag
FROM {{ source("tiktok_organic", "video") }} AS video
CROSS JOIN LATERAL json_array_elements(CASE WHEN video.hashtags LIKE '[%'
    THEN CAST(REPLACE(video.hashtags, '\u0000', '\ufffd') AS JSON) ELSE '[]' END) AS items(item)
{% else %}
SELECT DISTINCT video.item_id, video.account_id, json_extract_string(item, '$') AS hashtag
FROM {{ source("tiktok_organic", "video") }} AS video
CROSS JOIN unnest(json_extract(TRY_CAST(video.hashtags AS JSON), '$[*]')) AS items(item)
{% endif %}
