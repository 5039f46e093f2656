"""The only door to the extraction service's tables. Every function takes the connection and then the workspace."""
