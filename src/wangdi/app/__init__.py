"""Use cases, one verb each: permission, transaction and audit record around calls into the capabilities."""
