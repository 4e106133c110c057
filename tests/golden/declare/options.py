from mlfn import model, pipeline, sample


@model(
    memory=512,
    memory_mb=64,
    audit_shards=65,
    timeout_s=901,
    ephemeral_storage_mb=True,
    architecture="arm",
    audit="loose",
    capture=sample(1.5),
    summary="short",
    baseline="../bins.csv",
    public="yes",
    reserved=2,
    provisioned=3,
    description="reads ${secret}",
    access=["everyone"],
    reads=["s3://acme-*/prices", "s3://acme/{user}"],
    frobnicate=1,
)
def predict(value: int) -> int:
    return value


@model(access="arn:aws:iam::123456789012:root", assets="model.onnx", description=3)
def other(value: int) -> int:
    return value


@model(public=True, access=["arn:aws:iam::123456789012:role/reader"])
def open_and_closed(value: int) -> int:
    return value


@pipeline(mode="stream", timeout_s=0, memory_mb=512, audit_shards=0)
def chain(value: int) -> int:
    return predict(value)


@pipeline(timeout_s=30)
def slow(value: int) -> int:
    return predict(value)
