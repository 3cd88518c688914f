"""What the server costs, beside what its users would pick instead: ``scripts/bench``."""
