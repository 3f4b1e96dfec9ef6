"""From words to movies: an embedding and n-grams of titles, in an index that shards and a gateway search."""
