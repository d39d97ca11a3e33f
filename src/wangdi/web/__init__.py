"""Pages and the HTTP interface: parse a request, call ``app``, render. No SQL and no rules here."""
