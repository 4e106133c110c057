// DynamoDB through the AWS SDK for JavaScript v3: plain values (DocumentClient), error classes, waiters, paginators.
const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const {
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  TransactionCanceledException,
  waitUntilTableExists,
} = require("@aws-sdk/client-dynamodb");
const {
  BatchGetCommand,
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
  paginateScan,
} = require("@aws-sdk/lib-dynamodb");

const TableName = `${process.env.PREFIX}-table`;
const client = new DynamoDBClient({ maxAttempts: 1 });
const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });

before(async () => {
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "N" },
      ],
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName });
});

after(() => client.send(new DeleteTableCommand({ TableName })));

test("values of every kind come back as they were", async () => {
  const Item = {
    pk: "kinds",
    sk: 1,
    text: "ünï",
    list: [1, "two", null, { three: [] }],
    bytes: new Uint8Array([0, 255]),
    numbers: new Set([1, 2.5]),
    texts: new Set(["a"]),
    no: false,
    missing: undefined,
  };
  await documents.send(new PutCommand({ TableName, Item }));

  const found = await documents.send(new GetCommand({ TableName, Key: { pk: "kinds", sk: 1 }, ConsistentRead: true }));

  delete Item.missing;
  assert.deepEqual(found.Item, Item);
});

test("a failed condition has its class and the item that was there", async () => {
  const Item = { pk: "condition", sk: 1, owner: "jane" };
  await documents.send(new PutCommand({ TableName, Item }));
  const put = new PutCommand({
    TableName,
    Item,
    ConditionExpression: "attribute_not_exists(pk)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });

  await assert.rejects(documents.send(put), (error) => {
    assert.ok(error instanceof ConditionalCheckFailedException);
    assert.equal(error.message, "The conditional request failed");
    assert.deepEqual([error.$metadata.httpStatusCode, error.$fault, error.Item.owner], [400, "client", { S: "jane" }]);
    return true;
  });
});

test("a cancelled transaction gives its reasons", async () => {
  await documents.send(new PutCommand({ TableName, Item: { pk: "transaction", sk: 1 } }));
  const condition = { ConditionExpression: "attribute_exists(nothing)" };
  const write = new TransactWriteCommand({
    TransactItems: [
      { Put: { TableName, Item: { pk: "transaction", sk: 2 } } },
      { ConditionCheck: { TableName, Key: { pk: "transaction", sk: 1 }, ...condition } },
    ],
  });

  await assert.rejects(documents.send(write), (error) => {
    assert.ok(error instanceof TransactionCanceledException);
    const codes = error.CancellationReasons.map((reason) => reason.Code);
    assert.deepEqual(codes, ["None", "ConditionalCheckFailed"]);
    return true;
  });
  const second = await documents.send(new GetCommand({ TableName, Key: { pk: "transaction", sk: 2 } }));
  assert.equal(second.Item, undefined);
});

test("an update returns what it changed", async () => {
  const changed = await documents.send(
    new UpdateCommand({
      TableName,
      Key: { pk: "update", sk: 1 },
      UpdateExpression: "SET #n = if_not_exists(#n, :zero) + :one, tags = :tags",
      ExpressionAttributeNames: { "#n": "count" },
      ExpressionAttributeValues: { ":zero": 0, ":one": 1, ":tags": new Set(["x"]) },
      ReturnValues: "UPDATED_NEW",
    }),
  );

  assert.deepEqual(changed.Attributes, { count: 1, tags: new Set(["x"]) });
});

test("a batch is queried and scanned page by page", async () => {
  const puts = [1, 2, 3].map((sk) => ({ PutRequest: { Item: { pk: "pages", sk } } }));
  const written = await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: puts } }));
  const Keys = [1, 2, 3].map((sk) => ({ pk: "pages", sk }));
  const got = await documents.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys } } }));
  const queried = await documents.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: "pk = :p AND sk BETWEEN :low AND :high",
      ExpressionAttributeValues: { ":p": "pages", ":low": 2, ":high": 9 },
      ScanIndexForward: false,
    }),
  );
  const scanned = [];
  const filter = { FilterExpression: "pk = :p", ExpressionAttributeValues: { ":p": "pages" } };
  for await (const page of paginateScan({ client: documents, pageSize: 2 }, { TableName, ...filter })) {
    scanned.push(...page.Items);
  }

  assert.deepEqual(written.UnprocessedItems, {});
  assert.equal(got.Responses[TableName].length, 3);
  assert.deepEqual(queried.Items.map((item) => item.sk), [3, 2]);
  assert.deepEqual(scanned.map((item) => item.sk), [1, 2, 3]);
});

test("a table that is not there has its error class", async () => {
  const describe = new DescribeTableCommand({ TableName: `${TableName}-none` });

  await assert.rejects(client.send(describe), (error) => {
    assert.ok(error instanceof ResourceNotFoundException);
    assert.equal(error.message, `Requested resource not found: Table: ${TableName}-none not found`);
    return true;
  });
});
