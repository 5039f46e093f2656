"""What search does at its own pace."""
