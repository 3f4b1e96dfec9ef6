"""The retraining cycle: its steps, schedule, outcome and mails."""
