"""The history of the schema memory (services.kit.migrations)."""
