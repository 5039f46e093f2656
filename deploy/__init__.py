"""What starts, declares and administers Weft: the local stack, the NATS topology, the operator's command. Imports no service."""
