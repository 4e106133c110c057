// The runtime of Node.js functions in zip archives: asks the Runtime API for events, and hands them to the handler.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createRequire, register, syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let requestId = "undefined";
let idle = () => {};

const callApi = (method, path, body = "", headers = {}) =>
  new Promise((resolve, reject) => {
    const length = { "Content-Length": Buffer.byteLength(body) };
    const options = { host, port, agent, method, path: `/2018-06-01/runtime/${path}`, headers: { ...headers, ...length } };
    const request = http.request(options, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(chunks).toString() }));
      answer.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });

const describeError = (error) =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };

const fail = async (path, error) => {
  const told = describeError(error);
  await callApi("POST", path, JSON.stringify(told), { "Lambda-Runtime-Function-Error-Type": told.errorType });
};

const named = (name, message) => Object.assign(new Error(message), { name });

// Lines of the console begin with time, request and level, and stay one record each.
const patchConsole = () => {
  const levels = { log: "INFO", info: "INFO", debug: "DEBUG", trace: "TRACE", warn: "WARN", error: "ERROR" };
  for (const [method, level] of Object.entries(levels)) {
    console[method] = (...parts) => {
      const timestamp = new Date().toISOString();
      const message = format(...parts);
      const text = `${timestamp}\t${requestId}\t${level}\t${message.replaceAll("\n", "\r")}`;
      const isJson = process.env.AWS_LAMBDA_LOG_FORMAT === "JSON";
      process.stdout.write(`${isJson ? JSON.stringify({ timestamp, level, requestId, message }) : text}\n`);
    };
  }
};

// Whoever responds for a custom resource takes the protocol to be https and the port to be 443, as they are at AWS.
const patchHttps = () => {
  const endpoint = process.env.AWS_ENDPOINT_URL ? new URL(process.env.AWS_ENDPOINT_URL) : undefined;
  if (endpoint?.protocol !== "http:") return;
  const before = https.request;
  https.request = (...given) => {
    const options = typeof given[0] === "string" || given[0] instanceof URL ? new URL(given[0]) : given[0];
    const asked = (options.path ?? options.pathname ?? "").startsWith("/cloudformation-custom-resource-response-");
    if (!asked || (options.hostname ?? options.host) !== endpoint.hostname) return before(...given);
    const inner = options instanceof URL ? { path: options.pathname + options.search, ...given[1] } : options;
    const target = { ...inner, protocol: "http:", hostname: endpoint.hostname, port: endpoint.port, agent: undefined };
    return http.request(target, given.find((one) => typeof one === "function"));
  };
  syncBuiltinESMExports();
};

// Modules that `import` are given what NODE_PATH has, too, which Node.js itself only gives to `require`.
const FALLBACK = `
  import { createRequire } from "node:module";
  import { pathToFileURL } from "node:url";
  const { resolve: find } = createRequire("/");
  export const resolve = async (name, context, next) => {
    try {
      return await next(name, context);
    } catch (error) {
      if (error.code !== "ERR_MODULE_NOT_FOUND" || /^[./]/.test(name)) throw error;
      return { url: pathToFileURL(find(name)).href, shortCircuit: true };
    }
  };
`;

const isModule = (path) => {
  try {
    return JSON.parse(readFileSync(path)).type === "module";
  } catch {
    return false;
  }
};

const load = async (root, name) => {
  const file = ["", ".js", ".mjs", ".cjs"].map((end) => join(root, name + end)).find((path) => existsSync(path) && /\.[cm]?js$/.test(path));
  if (file === undefined) {
    throw named("Runtime.ImportModuleError", `Error: Cannot find module '${name}'`);
  }
  const es = file.endsWith(".mjs") || (file.endsWith(".js") && isModule(join(root, "package.json")));
  if (!es) return createRequire(file)(file);
  register(`data:text/javascript,${encodeURIComponent(FALLBACK)}`);
  return import(pathToFileURL(file));
};

const findHandler = async () => {
  const handler = process.env._HANDLER;
  const root = process.env.LAMBDA_TASK_ROOT;
  const slash = handler.lastIndexOf("/") + 1;
  const dot = handler.indexOf(".", slash);
  if (dot < 0) throw named("Runtime.MalformedHandlerName", "Bad handler");
  let found = await load(root, handler.slice(0, dot));
  for (const part of handler.slice(dot + 1).split(".")) found = found?.[part] ?? found?.default?.[part];
  if (found === undefined) throw named("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  if (typeof found !== "function") throw named("Runtime.HandlerNotFound", `${handler} is not a function`);
  return found;
};

const contextOf = (headers, settle) => {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const client = headers["lambda-runtime-client-context"];
  const { AWS_LAMBDA_FUNCTION_NAME, AWS_LAMBDA_FUNCTION_VERSION, AWS_LAMBDA_FUNCTION_MEMORY_SIZE } = process.env;
  const { AWS_LAMBDA_LOG_GROUP_NAME, AWS_LAMBDA_LOG_STREAM_NAME } = process.env;
  return {
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    callbackWaitsForEmptyEventLoop: true,
    clientContext: client ? JSON.parse(client) : undefined,
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    logGroupName: AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done: settle,
    fail: (error) => settle(error),
    succeed: (result) => settle(null, result),
  };
};

// What a handler gives: by a promise, or by the callback it takes.
const result = (handler, event, headers) =>
  new Promise((resolve, reject) => {
    const settle = (error, value) => (error === null || error === undefined ? resolve(value) : reject(error));
    const given = handler(event, contextOf(headers, settle), settle);
    if (typeof given?.then === "function") given.then(resolve, reject);
    idle = resolve;
  });

const serve = async (handler) => {
  for (;;) {
    const { headers, body } = await callApi("GET", "invocation/next");
    requestId = headers["lambda-runtime-aws-request-id"];
    process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
    try {
      const value = await result(handler, JSON.parse(body), headers);
      const text = JSON.stringify(value === undefined ? null : value);
      await callApi("POST", `invocation/${requestId}/response`, text, { "Content-Type": "application/json" });
    } catch (error) {
      console.error("Invoke Error", JSON.stringify(describeError(error)));
      await fail(`invocation/${requestId}/error`, error);
    }
  }
};

const dieOf = (type) => async (error) => {
  const told = named(type, `${error?.name ?? "Error"}: ${error?.message ?? error}`);
  console.error(type, JSON.stringify(describeError(error)));
  await fail(requestId === "undefined" ? "init/error" : `invocation/${requestId}/error`, told);
  process.exit(129);
};

patchConsole();
patchHttps();
process.on("uncaughtException", dieOf("Runtime.UnhandledException"));
process.on("unhandledRejection", dieOf("Runtime.UnhandledPromiseRejection"));
let handler;
try {
  handler = await findHandler();
} catch (error) {
  console.error("Uncaught Exception", JSON.stringify(describeError(error)));
  await fail("init/error", error);
  process.exit(1);
}
// a handler that neither answers nor leaves anything to wait for answers null
process.on("beforeExit", () => idle());
serve(handler);
