// S3 through the AWS SDK for JavaScript v3: default checksums, streams in chunks, parts, presigned URLs.
const assert = require("node:assert/strict");
const { Readable } = require("node:stream");
const { after, before, test } = require("node:test");
const {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
  paginateListObjectsV2,
} = require("@aws-sdk/client-s3");
const { Upload } = require("@aws-sdk/lib-storage");
const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");

const Bucket = `${process.env.PREFIX}-bucket`;
const client = new S3Client({ maxAttempts: 1 });

async function keys() {
  const found = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket })) {
    found.push(...(page.Contents ?? []).map((object) => object.Key));
  }
  return found;
}

before(() => client.send(new CreateBucketCommand({ Bucket })));

after(async () => {
  const Objects = (await keys()).map((Key) => ({ Key }));
  await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  await client.send(new DeleteBucketCommand({ Bucket }));
});

test("an object comes back with its checksum and metadata", async () => {
  const put = await client.send(
    new PutObjectCommand({ Bucket, Key: "ä/b c+d", Body: "hello", Metadata: { owner: "jane" }, ContentType: "text/plain" }),
  );
  const got = await client.send(new GetObjectCommand({ Bucket, Key: "ä/b c+d" }));

  assert.equal(put.ChecksumCRC32, "NhCmhg==");
  assert.equal(await got.Body.transformToString(), "hello");
  assert.deepEqual([got.ContentType, got.Metadata, got.ContentLength], ["text/plain", { owner: "jane" }, 5]);
  assert.equal(got.ChecksumCRC32, "NhCmhg==");
});

test("a stream of known length is sent in chunks with a trailing checksum", async () => {
  const chunks = ["a".repeat(70_000), "b".repeat(70_000), "c"];
  const Body = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));

  const put = await client.send(
    new PutObjectCommand({ Bucket, Key: "stream", Body, ContentLength: 140_001, ChecksumAlgorithm: "SHA256" }),
  );
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: "stream", ChecksumMode: "ENABLED" }));

  assert.equal(head.ContentLength, 140_001);
  assert.equal(head.ChecksumSHA256, put.ChecksumSHA256);
  assert.equal(head.ContentEncoding, undefined);
});

test("a large object goes up in parts", async () => {
  const Body = Buffer.alloc((5 << 20) + 1, "x");

  const done = await new Upload({ client, params: { Bucket, Key: "parts", Body }, partSize: 5 << 20 }).done();
  const tail = await client.send(new GetObjectCommand({ Bucket, Key: "parts", Range: "bytes=-2" }));

  assert.match(done.ETag, /-2"$/);
  assert.equal(await tail.Body.transformToString(), "xx");
  assert.equal(tail.ContentRange, `bytes ${Body.length - 2}-${Body.length - 1}/${Body.length}`);
});

test("presigned URLs put and get, headers in the query included", async () => {
  const put = new PutObjectCommand({ Bucket, Key: "signed", Metadata: { owner: "jane" } });
  const target = await getSignedUrl(client, put, { expiresIn: 60 });
  const stored = await fetch(target, { method: "PUT", body: "by url" });
  const source = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: "signed" }), { expiresIn: 60 });
  const read = await fetch(source);
  const forged = await fetch(source.replace("signed?", "stream?"));

  assert.equal(stored.status, 200);
  assert.deepEqual([await read.text(), read.headers.get("x-amz-meta-owner")], ["by url", "jane"]);
  assert.equal(forged.status, 403);
  assert.match(await forged.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
});

test("what is not there has its error classes", async () => {
  await assert.rejects(client.send(new GetObjectCommand({ Bucket, Key: "none" })), (error) => {
    assert.ok(error instanceof NoSuchKey);
    assert.equal(error.message, "The specified key does not exist.");
    return true;
  });
  await assert.rejects(client.send(new HeadObjectCommand({ Bucket, Key: "none" })), NotFound);
});

test("a listing goes on page by page", async () => {
  const found = await keys();

  assert.deepEqual(found, [...found].sort());
  assert.ok(found.length >= 3);
});
