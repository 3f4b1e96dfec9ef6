"""What was found, in an order for the user who asks: the recommender's scores beside those of the search."""
