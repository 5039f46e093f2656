"""The only door to the memory service's tables. Every function takes the connection and then the workspace."""
