"""The UI's web server, behind a guard: Dagster's own answers whoever asks, pages of other sites included."""
