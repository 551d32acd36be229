"""One folder per deployable function; its name is the entry point, the topology key and the Terraform key."""
