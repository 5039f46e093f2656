"""What Weft needs of a NATS server: streams and readers (`topology.toml`), users (`permissions.toml`), settings.

`python -m deploy.nats` makes a running server so; services create nothing themselves.
"""
