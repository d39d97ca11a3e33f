"""One module a page: what it asks of ``app`` and what it shows."""
