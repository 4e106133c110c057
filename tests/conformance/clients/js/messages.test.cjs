// SQS and SNS through the AWS SDK for JavaScript v3, which checks digests and calls a queue at its own URL.
const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} = require("@aws-sdk/client-sqs");
const {
  CreateTopicCommand,
  DeleteTopicCommand,
  NotFoundException,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} = require("@aws-sdk/client-sns");

const sqs = new SQSClient({ maxAttempts: 1 });
const sns = new SNSClient({ maxAttempts: 1 });
let QueueUrl;

before(async () => {
  ({ QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: process.env.PREFIX })));
});

after(() => sqs.send(new DeleteQueueCommand({ QueueUrl })));

async function receive() {
  const wanted = { QueueUrl, WaitTimeSeconds: 20, MessageAttributeNames: ["All"] };
  const { Messages } = await sqs.send(new ReceiveMessageCommand(wanted));
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle }));
  return Messages[0];
}

test("a message comes back with its attributes", async () => {
  const MessageAttributes = {
    raw: { DataType: "Binary", BinaryValue: Uint8Array.from([0, 255]) },
    text: { DataType: "String", StringValue: "ü" },
  };
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "grüße", MessageAttributes }));

  const message = await receive();

  assert.equal(message.Body, "grüße");
  assert.deepEqual([...message.MessageAttributes.raw.BinaryValue], [0, 255]);
  assert.equal(message.MessageAttributes.text.StringValue, "ü");
});

test("a batch answers for each of its entries", async () => {
  const Entries = [
    { Id: "a", MessageBody: "one" },
    { Id: "b", MessageBody: "two" },
  ];

  const answer = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  const bodies = [await receive(), await receive()].map((message) => message.Body);

  assert.deepEqual(answer.Successful.map((entry) => entry.Id), ["a", "b"]);
  assert.deepEqual(bodies.sort(), ["one", "two"]);
});

test("a queue that is not there is an error of its own", async () => {
  const missing = new SendMessageCommand({ QueueUrl: `${QueueUrl}-none`, MessageBody: "x" });

  await assert.rejects(sqs.send(missing), QueueDoesNotExist);
});

test("a topic reaches a queue", async () => {
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: process.env.PREFIX }));
  const wanted = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] });
  const { QueueArn } = (await sqs.send(wanted)).Attributes;
  const Principal = { Service: "sns.amazonaws.com" };
  const statement = { Effect: "Allow", Principal, Action: "sqs:SendMessage", Resource: QueueArn };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: QueueArn }));

  const { MessageId } = await sns.send(new PublishCommand({ TopicArn, Message: "news", Subject: "today" }));
  const notification = JSON.parse((await receive()).Body);
  await sns.send(new DeleteTopicCommand({ TopicArn }));

  assert.deepEqual([notification.MessageId, notification.Message, notification.Subject], [MessageId, "news", "today"]);
  await assert.rejects(sns.send(new PublishCommand({ TopicArn, Message: "x" })), NotFoundException);
});
