"""``/map``: where it happened, what changed hands and who was posted where; coordinates from authorities."""
