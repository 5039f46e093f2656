"""Weft for MCP clients: one definition of the tools, spoken over stdio by `weft mcp` and over HTTP by the gateway.

It knows Weft only through AsyncWeft, as any program does. Importing it takes a second: nothing else may wait for that.
"""
