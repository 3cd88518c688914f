"""What an operator sees of the server, and whom it lets in: logs, metrics, request ids, rates."""
