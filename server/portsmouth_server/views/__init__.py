"""The pages that show the graph to people: a reader, a small model and a template each."""
