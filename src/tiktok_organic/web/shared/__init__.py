"""Parts that many pages use: forms, formats, labels, errors, pictures."""
