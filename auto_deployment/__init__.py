"""Everything around the service: data in, models out, and what runs them."""
