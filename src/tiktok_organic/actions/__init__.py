"""Actions of the product, called by the terminal, the page, the API and the schedule."""
