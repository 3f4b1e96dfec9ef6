"""HTML pages and plots of models, and of the judge's operating characteristics."""
