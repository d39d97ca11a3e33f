"""The command line: parses arguments, calls ``app``, renders the answer. No SQL and no rules. It reads the clock."""
