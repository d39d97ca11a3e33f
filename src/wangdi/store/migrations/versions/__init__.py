"""One module per change of the relational schema, oldest first."""
