"""The JSON API: the product's actions for programs, with an OpenAPI description."""
