"""``/receipts``, and the receipts that stand within answers or are led to from them."""
