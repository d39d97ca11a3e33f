"""Other papers than the work report, set as official ones: an event's report, a table with two-row headers, PDF."""
