"""What search hears: events, ranks, searches, an operator's requests."""
