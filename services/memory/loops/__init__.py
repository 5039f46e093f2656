"""What the memory service does at its own pace: relay, counters, erasure, housekeeping, rebuild. Crosses workspaces."""
