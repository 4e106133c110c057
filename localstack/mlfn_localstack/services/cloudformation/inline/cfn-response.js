// Answers CloudFormation for a custom resource; inline functions get this module beside their code.
"use strict";

exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";

// Puts what became of a request where CloudFormation waits for it, and ends the invocation.
exports.send = (event, context, responseStatus, responseData, physicalResourceId, noEcho, reason) => {
  const stream = context.logStreamName;
  const body = JSON.stringify({
    Status: responseStatus,
    Reason: reason || `See the details in CloudWatch Log Stream: ${stream}`,
    PhysicalResourceId: physicalResourceId || stream,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    NoEcho: noEcho || false,
    Data: responseData,
  });
  const done = () => {
    if (typeof context.done === "function") context.done();
  };
  const url = new URL(event.ResponseURL);
  const { request } = require(url.protocol === "http:" ? "http" : "https");
  const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve) => {
    const put = request(url, { method: "PUT", headers }, (answer) => {
      console.log(`Status code: ${answer.statusCode}`);
      answer.resume();
      answer.on("end", () => resolve(done()));
    });
    put.on("error", (error) => {
      console.log(`cfn-response could not send: ${error}`);
      resolve(done());
    });
    put.end(body);
  });
};
