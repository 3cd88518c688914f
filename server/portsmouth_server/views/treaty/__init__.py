"""``/treaty``: the treaty article by article, each clause with who owes what to whom."""
