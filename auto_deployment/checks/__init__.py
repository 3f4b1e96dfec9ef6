"""What the pipeline asks of data and models before anything is deployed, whoever has made them."""
