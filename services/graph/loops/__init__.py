"""What the graph service does at its own pace: finding edges, analysing, asking a model, making it all anew."""
