from mlfn import model

DIGEST = "ab" * 32


@model(
    assets=[
        "s3://acme/weights.bin",
        "s3://acme/weights.bin#sha256=abc",
        f"s3://acme/weights/*#sha256={DIGEST}",
        f"s3://acme/{{user}}/w.bin#sha256={DIGEST}",
        f"s3://acme/w.bin#sha256={DIGEST}&to=/etc/passwd",
        f"s3://acme/w.bin#sha256={DIGEST}&to=/tmp/../etc/passwd",
        f"s3://acme/one/same.bin#sha256={DIGEST}",
        f"s3://acme/two/same.bin#sha256={DIGEST}",
    ],
)
def predict(value: int) -> int:
    return value
