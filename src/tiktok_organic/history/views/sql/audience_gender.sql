{%- import "shares.sql" as shares with context -%}
{{ shares.account("audience_genders", "gender", ["gender"]) }}
