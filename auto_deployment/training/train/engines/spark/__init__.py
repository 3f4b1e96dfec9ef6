"""The engine that computes on Spark; `pyspark` and Java come with its own image or requirements."""
