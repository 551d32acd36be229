"""Index update: turns accepted mutations into segments and new manifest versions, and compacts them."""
