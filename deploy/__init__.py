"""What starts and declares Weft: the local stack, the NATS topology, the operator's command. Imports no service."""
