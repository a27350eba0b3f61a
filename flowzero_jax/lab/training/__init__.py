"""Training the embedded model, stage by stage, each resumable."""
