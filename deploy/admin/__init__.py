"""`weft-admin`: what an operator does, over the bus as user `admin`, and over HTTP as any client."""
