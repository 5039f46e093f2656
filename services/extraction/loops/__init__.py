"""What the extraction service does at its own pace: reading sessions, learning from them, ordering what was learnt."""
