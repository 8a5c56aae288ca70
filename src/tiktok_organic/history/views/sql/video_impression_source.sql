{%- import "shares.sql" as shares with context -%}
{{ shares.video("impression_sources", "source", ["impression_source"]) }}
