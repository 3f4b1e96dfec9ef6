"""The same lists over gRPC, by `python -m app.rpc`: `marquee.v1.Recommender`. Nothing else needs grpcio."""
