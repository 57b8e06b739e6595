"""The `credrisk` command, one module a command group."""
