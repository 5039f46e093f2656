"""The only door to the graph service's tables. Every function takes the connection and then the workspace."""
