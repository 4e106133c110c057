// Lambda, its logs and Step Functions through the AWS SDK for JavaScript v3. FUNCTION and ROLE are given.
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { CloudWatchLogsClient, FilterLogEventsCommand } = require("@aws-sdk/client-cloudwatch-logs");
const {
  InvokeCommand,
  LambdaClient,
  ResourceNotFoundException,
  paginateListFunctions,
} = require("@aws-sdk/client-lambda");
const {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  InvalidDefinition,
  SFNClient,
  StartExecutionCommand,
  StartSyncExecutionCommand,
} = require("@aws-sdk/client-sfn");
const { GetCallerIdentityCommand, STSClient } = require("@aws-sdk/client-sts");

const { FUNCTION, PREFIX, ROLE } = process.env;
const options = { maxAttempts: 1, disableHostPrefix: process.env.AWS_ENDPOINT_URL !== undefined };
const lambda = new LambdaClient(options);
const states = new SFNClient(options);

async function invoke(event, more = {}) {
  const command = new InvokeCommand({ FunctionName: FUNCTION, Payload: JSON.stringify(event), ...more });
  const answer = await lambda.send(command);
  return [answer, answer.Payload?.length ? JSON.parse(answer.Payload.transformToString()) : undefined];
}

test("a call answers with its payload, version and log", async () => {
  const [answer, payload] = await invoke({ print: "seen", ü: 1 }, { LogType: "Tail" });

  assert.deepEqual(payload, { print: "seen", ü: 1 });
  assert.deepEqual([answer.StatusCode, answer.ExecutedVersion], [200, "$LATEST"]);
  assert.match(Buffer.from(answer.LogResult, "base64").toString(), /^START .*\nseen\nEND .*\nREPORT /);
});

test("a handler's exception is a function error, not a rejection", async () => {
  const [answer, error] = await invoke({ raise: "no" });

  assert.equal(answer.FunctionError, "Unhandled");
  assert.deepEqual([error.errorType, error.errorMessage], ["ValueError", "no"]);
});

test("a function that is not there has its error class", async () => {
  await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: `${PREFIX}-none` })), (error) => {
    assert.ok(error instanceof ResourceNotFoundException);
    assert.deepEqual([error.Type, error.$metadata.httpStatusCode], ["User", 404]);
    assert.match(error.message, /^Function not found: arn:aws:lambda:/);
    return true;
  });
});

test("an event is queued, a dry run does nothing", async () => {
  const [queued] = await invoke({}, { InvocationType: "Event" });
  const [dry] = await invoke({}, { InvocationType: "DryRun" });

  assert.deepEqual([queued.StatusCode, dry.StatusCode], [202, 204]);
});

test("functions are listed and logs are found", async () => {
  await invoke({ print: "its own needle" });
  const names = [];
  for await (const page of paginateListFunctions({ client: lambda, pageSize: 1 }, {})) {
    names.push(...page.Functions.map((found) => found.FunctionName));
  }
  const logs = new CloudWatchLogsClient(options);
  const query = { logGroupName: `/aws/lambda/${FUNCTION}`, filterPattern: '"its own needle"' };
  let found = [];
  for (let attempt = 0; attempt < 50 && found.length === 0; attempt += 1) {
    found = (await logs.send(new FilterLogEventsCommand(query))).events;
    await new Promise((done) => setTimeout(done, found.length ? 0 : 200));
  }

  assert.ok(names.includes(FUNCTION));
  assert.equal(found[0].message, "its own needle\n");
});

test("a state machine calls the function", async (context) => {
  const call = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", OutputPath: "$.Payload", End: true };
  const machine = (States) => JSON.stringify({ StartAt: "Call", States });
  const definition = machine({ Call: { ...call, Parameters: { FunctionName: FUNCTION, "Payload.$": "$" } } });
  const create = { name: `${PREFIX}-machine`, roleArn: ROLE, type: "EXPRESS", definition };
  const { stateMachineArn } = await states.send(new CreateStateMachineCommand(create));
  context.after(() => states.send(new DeleteStateMachineCommand({ stateMachineArn })));

  const sync = await states.send(new StartSyncExecutionCommand({ stateMachineArn, input: '{"n":1}' }));
  const started = await states.send(new StartExecutionCommand({ stateMachineArn, input: "{}" }));

  assert.deepEqual([sync.status, sync.output], ["SUCCEEDED", '{"n":1}']);
  assert.ok(sync.startDate instanceof Date);
  assert.ok(started.startDate instanceof Date);
  const bad = { ...create, name: `${PREFIX}-bad`, definition: machine({ Call: { Type: "Pass", Next: "Nowhere" } }) };
  await assert.rejects(states.send(new CreateStateMachineCommand(bad)), InvalidDefinition);
  const executionArn = stateMachineArn.replace(":stateMachine:", ":execution:") + ":none";
  await assert.rejects(states.send(new DescribeExecutionCommand({ executionArn })), ExecutionDoesNotExist);
});

test("a wrong secret is refused by name", async () => {
  const credentials = { accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? "AKIAEXAMPLE", secretAccessKey: "wrong" };
  const sts = new STSClient({ ...options, credentials });

  await assert.rejects(sts.send(new GetCallerIdentityCommand({})), (error) => {
    assert.match(error.name, /^(SignatureDoesNotMatch|InvalidClientTokenId)$/);
    assert.equal(error.$metadata.httpStatusCode, 403);
    return true;
  });
});
