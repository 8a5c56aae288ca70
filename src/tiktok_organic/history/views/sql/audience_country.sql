{%- import "shares.sql" as shares with context -%}
{{ shares.account("audience_countries", "country", ["country"]) }}
