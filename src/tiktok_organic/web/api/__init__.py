"""The JSON API: the verbs of the product for programs, documented by its own OpenAPI description."""
