"""``/dumps``: the whole dataset as files."""
