{%- import "shares.sql" as shares with context -%}
{{ shares.video("audience_countries", "country", ["country"]) }}
