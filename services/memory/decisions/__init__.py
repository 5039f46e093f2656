"""What may happen: pure functions from a state and a command to events or a refusal. No clock, no I/O."""
