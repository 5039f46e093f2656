"""The history of the schema extraction (services.kit.migrations)."""
