"""The same image outside Lambda: an HTTP server on $PORT, as Knative, Cloud Run and ECS start containers.

Each call runs in a child that is the image's Lambda runtime, unchanged: contract, errors and audit are the same.
"""
