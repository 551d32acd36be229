"""Who calls: API keys, what each may do and see, and the identity of pushes."""
