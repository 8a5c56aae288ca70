"""The verbs of the product: what a person, the page, the terminal or the schedule can make it do."""
