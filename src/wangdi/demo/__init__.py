"""A synthetic city: its residents, what happened to them, and what each institution would send, faults included."""
