"""The page of a thing: what is said of it and with it, grouped as a reader expects."""
