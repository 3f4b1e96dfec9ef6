"""What users did since the model was trained: kept beside the model, followed by one process an instance."""
