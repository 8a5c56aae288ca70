{%- import "shares.sql" as shares with context -%}
{{ shares.account("audience_cities", "city", ["city_name", "city"]) }}
