"""From events, ranks and documents to the index."""
