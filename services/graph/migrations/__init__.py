"""The history of the schema graph (services.kit.migrations)."""
