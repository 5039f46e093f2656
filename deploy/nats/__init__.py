"""What Weft needs of a NATS server: streams, buckets and readers (`topology.toml`), users (`permissions.toml`), server settings.

`python -m deploy.nats` makes a running server so; services create nothing themselves.
"""
