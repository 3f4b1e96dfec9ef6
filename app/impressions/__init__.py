"""`IMPRESSIONS=log`: what was shown to whom, for teams whose platform does not tell."""
