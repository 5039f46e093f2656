"""Weft's services. Each is a process of its own; they share `contracts/` (words) and `services.kit` (plumbing)."""
