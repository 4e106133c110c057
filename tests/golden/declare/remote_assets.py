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
        f"s3://acme/large.bin#sha256={DIGEST}&bytes=900000000",
        f"s3://acme/mounted.bin#sha256={DIGEST}&bytes=90000000000&to=/mnt/models/mounted.bin",
        f"s3://acme/one/same.bin#sha256={DIGEST}",
        f"s3://acme/two/same.bin#sha256={DIGEST}",
    ],
)
def predict(value: int) -> int:
    return value
