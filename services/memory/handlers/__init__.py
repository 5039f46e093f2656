"""What the memory service hears: commands, what DERIVED says of its memories, queries, an operator's requests."""
