"""Programme packs: DATA, one folder per programme (pack.yaml, examples.csv, README.md). No code lives here."""
