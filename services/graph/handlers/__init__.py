"""What the graph service hears: events, embeddings, questions, an operator's requests."""
